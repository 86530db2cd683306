// How does each framework serve the two answers, when a session is one object with a name and a count?
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import express, { type Express, type Request } from 'express'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { type Context, Hono } from 'hono'
import type { Serving } from './contestant.ts'

/** What a request does to the session; the answer is the body. `Carrier` is what the framework hands to handlers. */
export interface Actions<Carrier> {
  login(carrier: Carrier): string | Promise<string>
  read(carrier: Carrier): string | Promise<string>
  write(carrier: Carrier): string | Promise<string>
}

/** What a bare framework answers: nothing is kept. */
export const BARE: Actions<unknown> = { login: () => 'welcome', read: () => 'Ada', write: () => '1' }

const closing = (server: Server, after: () => Promise<void>): Serving => ({
  server,
  async close() {
    server.closeAllConnections()
    server.close()
    await after()
  },
})

/** What `node:http` hands to handlers. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** A listener for `node:http`. */
export function httpHandler(actions: Actions<Exchange>): RequestListener {
  return async (request, response) => {
    const act = request.url === '/read' ? actions.read : request.url === '/write' ? actions.write : actions.login
    const body = await act({ request, response })
    response.setHeader('content-type', 'text/plain')
    response.end(body)
  }
}

export function onHttp(listener: RequestListener, after = async () => {}): Serving {
  return closing(createServer(listener), after)
}

export function onExpress(
  actions: Actions<Request>,
  prepare: (app: Express) => void = () => {},
  after = async () => {},
): Serving {
  const app = express()
  prepare(app)
  for (const [name, act] of Object.entries(actions)) {
    app.get(`/${name}`, async (request, response) => {
      const body = await act(request)
      response.type('text/plain').send(body)
    })
  }
  return closing(createServer(app), after)
}

export async function onFastify(
  actions: Actions<FastifyRequest>,
  prepare: (app: FastifyInstance) => Promise<void> = async () => {},
  after = async () => {},
): Promise<Serving> {
  const app = fastify()
  await prepare(app)
  for (const [name, act] of Object.entries(actions)) {
    app.get(`/${name}`, async (request, reply) => {
      const body = await act(request)
      reply.type('text/plain')
      return body
    })
  }
  await app.ready()
  return {
    server: app.server,
    async close() {
      app.server.closeAllConnections()
      await app.close()
      await after()
    },
  }
}

export function onHono(actions: Actions<Context>, prepare: (app: Hono) => void = () => {}, after = async () => {}): Serving {
  const app = new Hono()
  prepare(app)
  for (const [name, act] of Object.entries(actions)) app.get(`/${name}`, async (c) => c.text(await act(c)))
  return closing(createAdaptorServer({ fetch: app.fetch }) as Server, after)
}
