// How does a test have a plain Node server with sessions, until it is over?
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { sojournSession } from 'sojourn/node'
import { webSessions } from 'sojourn/web'
import { afterEach } from 'vitest'
import { openHost } from '../web/support/host.ts'

/** Those that are closed after the test. */
export const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

type Handler = (
  request: IncomingMessage & { session: { set(key: string, value: unknown): void } },
  response: ServerResponse,
) => unknown

/** Serves a handler; `create`: another kind of server. */
export async function serve(handler: Handler, create: (listener: never) => Server = createServer as never) {
  const host = await openHost()
  const web = webSessions(host.sso)
  const errors: unknown[] = []
  const server = create(sojournSession(web, { onError: (error) => errors.push(error) })(handler) as never)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { ...host, web, errors, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
