// What does a request come to where the application keeps a `session` of its own that cannot be replaced?
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import { sojournSession as forExpress } from 'sojourn/express'
import { sojournSession as forFastify } from 'sojourn/fastify'
import { sojournSession as forNode } from 'sojourn/node'
import { type WebSessions, webSessions } from 'sojourn/web'
import { expect, test } from 'vitest'
import { openHost } from '../web/support/host.ts'

const OWN = { configurable: true, get: () => 'of the application' }

/** Asks for the only page there is; answers its status. */
type Ask = () => Promise<number>

const APPS: Record<
  string,
  (web: WebSessions, onError: (error: unknown) => void, use: (ask: Ask) => Promise<void>) => Promise<void>
> = {
  async Express(web, onError, use) {
    const app = express()
    Object.defineProperty(app.request, 'session', OWN)
    app.use(forExpress(web, { onError }))
    app.get('/', (_, res) => void res.send('handled'))
    app.use(
      (_error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => void res.sendStatus(500),
    )
    await listening(createServer(app), use)
  },
  async Fastify(web, onError, use) {
    const app = fastify()
    app.decorateRequest('session', { getter: OWN.get })
    await app.register(forFastify(web, { onError }))
    app.get('/', async () => 'handled')
    await use(async () => (await app.inject('/')).statusCode)
    await app.close()
  },
  async Node(web, onError, use) {
    const serve = forNode(web, { onError })((_, response) => response.end('handled'))
    const server = createServer((request, response) => {
      Object.defineProperty(request, 'session', OWN)
      void serve(request, response)
    })
    await listening(server, use)
  },
}

async function listening(server: ReturnType<typeof createServer>, use: (ask: Ask) => Promise<void>): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await use(async () => (await fetch(`http://127.0.0.1:${port}/`)).status)
  server.closeAllConnections()
  server.close()
}

test.each(Object.keys(APPS))('%s answers an error and goes on', async (name) => {
  const { sso } = await openHost()
  const errors: unknown[] = []
  await APPS[name]!(
    webSessions(sso),
    (error) => errors.push(error),
    async (ask) => {
      expect([await ask(), await ask()]).toEqual([500, 500])
    },
  )
  expect(errors).toEqual([expect.any(TypeError), expect.any(TypeError)])
})
