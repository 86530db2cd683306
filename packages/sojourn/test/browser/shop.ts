// Which application do the browsers of the tests visit?
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createSojourn } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { sojournSession } from 'sojourn/node'
import { type WebOptions, webSessions } from 'sojourn/web'
import { CERTIFICATE } from './certificate.ts'

interface Entries {
  cart: string[]
  visits: number
}

/** A running shop. */
export interface Shop {
  readonly url: string
  /** Everything its users hold, by their name. */
  items(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Starts a shop with a cart, a login, and a form that is guarded. */
export async function openShop(scheme: 'http' | 'https', options: WebOptions = {}): Promise<Shop> {
  const sso = await createSojourn({ store: memoryStore() })
  const web = webSessions<Entries>(sso, options)
  const guard = web.csrf()
  const bought: string[] = []

  const handler = sojournSession(web)(async (request, response) => {
    const { session } = request
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    // As the guide says; what carries a cookie says so by itself.
    if (session.userId !== null) response.setHeader('cache-control', 'no-store')
    if (request.method === 'POST') {
      Object.assign(request, { body: Object.fromEntries(new URLSearchParams(await textOf(request))) })
      await guard(request)
    }
    if (pathname === '/add') session.change('cart', (old = []) => [...old, searchParams.get('item') ?? ''])
    if (pathname === '/login') session.login('anna')
    if (pathname === '/logout') session.logout({ clearSiteData: searchParams.has('clear') })
    if (pathname === '/buy') bought.push(session.userId ?? 'guest')
    page(
      response,
      `<p id="user">${session.userId ?? 'guest'}</p><p id="cart">${session.get('cart', []).join(',')}</p>${form('buy', session.securityKey())}`,
    )
  })
  const server = scheme === 'https' ? createSecureServer(CERTIFICATE, handler) : createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${scheme}://localhost:${port}`,
    items: async () => bought,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await sso.close()
    },
  }
}

/** A page of somebody else's site that has a form for the shop. */
export async function openStranger(action: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => page(response, form(action, 'guess')))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    // Another site than localhost: a browser compares names, not addresses.
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function form(action: string, key: string): string {
  return `<form method="post" action="${action}"><input type="hidden" name="_csrf" value="${key}"><button>buy</button></form>`
}

function page(response: ServerResponse, body: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(`<!doctype html><title>shop</title>${body}`)
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}
