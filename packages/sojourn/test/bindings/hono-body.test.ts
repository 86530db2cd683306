// Who still has the body of a request to Hono after the guard has looked for a key in it?
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { sojournSession } from 'sojourn/hono'
import { webSessions } from 'sojourn/web'
import { afterEach, describe, expect, test } from 'vitest'
import { createBrowser } from '../web/support/browser.ts'
import { openHost } from '../web/support/host.ts'

const servers: ServerType[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** How requests get to an application. */
const WAYS = {
  'a standard request': async (app: Hono) => createBrowser(async (request) => app.fetch(request)),
  "Node's own server": async (app: Hono) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
    servers.push(server)
    await once(server, 'listening')
    return createBrowser(fetch, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  },
}

/** Who takes the body before the guard, if anybody, and who takes it afterwards. */
const READERS: Record<string, readonly [before: (c: Context) => unknown, after: (c: Context) => Promise<unknown>]> = {
  'a handler that asks Hono for it': [() => undefined, (c) => c.req.parseBody()],
  'another framework that is given the standard request': [() => undefined, async (c) => [...(await c.req.raw.formData())]],
  'a handler behind a validator': [(c) => c.req.parseBody(), (c) => c.req.parseBody()],
}

describe.each(Object.entries(WAYS))('by %s', (_, openBrowser) => {
  test.each(Object.entries(READERS))('%s', async (__, [before, after]) => {
    const { sso } = await openHost()
    const web = webSessions(sso)
    const app = new Hono()
    app.use(sojournSession(web))
    app.get('/form', (c) => c.text(web.of(c).securityKey()))
    const validator = async (c: Context, next: () => Promise<void>) => {
      await before(c)
      await next()
    }
    app.post('/order', validator, web.csrf({ accept: 'key' }), async (c) => c.text(JSON.stringify(await after(c))))
    const browser = await openBrowser(app)
    const order = async (body: URLSearchParams | FormData) => {
      const answer = await browser.send('/order', { method: 'POST', body })
      return [answer.status, await answer.text()]
    }
    const form = async () => (await browser.send('/form')).text()
    const key = await form()
    const [status, text] = await order(new URLSearchParams({ _csrf: key, item: 'tea' }))
    expect([status, text]).toEqual([200, expect.stringContaining('tea')])
    const parts = new FormData()
    parts.set('_csrf', await form())
    parts.set('item', 'milk')
    expect(await order(parts)).toEqual([200, expect.stringContaining('milk')])
    expect((await order(new URLSearchParams({ _csrf: key, item: 'tea' })))[0]).toBe(403)
  })
})
