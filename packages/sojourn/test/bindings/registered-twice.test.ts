// Does a request have one session where a binding is registered for an application and again for a part of it?
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { Router } from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { sojournSession as forExpress } from 'sojourn/express'
import { sojournSession as forFastify } from 'sojourn/fastify'
import { sojournSession as forHono, type SessionEnv } from 'sojourn/hono'
import { sojournSession as forNode } from 'sojourn/node'
import { type WebSessions, webSessions } from 'sojourn/web'
import { expect, test } from 'vitest'
import { openHost } from '../web/support/host.ts'

type Both = { first: number; second: number }
type Web = WebSessions<Both>

/** Fetches the only page there is; the application registers the outer one with `lazy`. */
type Fetch = (cookie?: string) => Promise<Response>

async function listening(listener: RequestListener, use: (fetch: Fetch) => Promise<void>): Promise<void> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  await use((cookie) => fetch(url, { headers: cookie === undefined ? {} : { cookie } }))
  server.closeAllConnections()
  server.close()
}

/** What the outer part changes, and the inner one after it. */
const outer = async (web: Web, carrier: object) => {
  await web.of(carrier).load()
  web.of(carrier).increment('first')
}
const inner = (web: Web, carrier: object) => {
  web.of(carrier).increment('second')
  return Object.fromEntries(web.of(carrier))
}

const APPS: Record<string, (web: Web, use: (fetch: Fetch) => Promise<void>) => Promise<void>> = {
  async Express(web, use) {
    const app = express()
    app.use(forExpress(web, { lazy: true }))
    app.use((req, _, next) => void outer(web, req).then(() => next()))
    app.use(Router().get('/', forExpress(web), (req, res) => void res.json(inner(web, req))))
    await listening(app, use)
  },
  async Fastify(web, use) {
    const app = fastify()
    await app.register(forFastify(web, { lazy: true }))
    app.addHook('onRequest', (request) => outer(web, request))
    await app.register(forFastify(web))
    app.get('/', async (request) => inner(web, request))
    await use(async (cookie) => {
      const { body, headers } = await app.inject({ url: '/', headers: { host: 'localhost', ...(cookie && { cookie }) } })
      return new Response(body, { headers: [headers['set-cookie'] ?? []].flat().map((line) => ['set-cookie', line]) })
    })
    await app.close()
  },
  async Hono(web, use) {
    const app = new Hono<SessionEnv<Both>>()
    app.use(forHono(web, { lazy: true }))
    app.use((c, next) => outer(web, c).then(next))
    app.get('/', forHono(web), (c) => c.json(inner(web, c)))
    await use(async (cookie) => app.request('http://localhost/', { headers: cookie === undefined ? {} : { cookie } }))
  },
  async Node(web, use) {
    const page = forNode(web)((request, response) => void response.end(JSON.stringify(inner(web, request))))
    const app = forNode(web, { lazy: true })(async (request, response) => {
      await outer(web, request)
      await page(request, response)
    })
    await listening(app, use)
  },
}

test.each(Object.keys(APPS))('%s: both change the same session, which is saved once', async (name) => {
  const { sso, calls } = await openHost()
  await APPS[name]!(webSessions<Both>(sso), async (visit) => {
    const begun = await visit()
    expect(await begun.json()).toEqual({ first: 1, second: 1 })
    expect(begun.headers.getSetCookie()).toHaveLength(1)
    const again = await visit(begun.headers.getSetCookie()[0]!.split(';')[0])
    expect(await again.json()).toEqual({ first: 2, second: 2 })
    expect(again.headers.getSetCookie()).toEqual([])
  })
  expect(calls).toEqual(['create', 'load', 'update'])
})
