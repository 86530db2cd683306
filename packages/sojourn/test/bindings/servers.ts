// How does one and the same shop run on each framework that there is a binding for?
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { SojournError } from 'sojourn'
import { sojournSession as expressSession } from 'sojourn/express'
import { sojournSession as fastifySession } from 'sojourn/fastify'
import { sojournSession as honoSession, type SessionEnv } from 'sojourn/hono'
import { sojournSession as nodeSession } from 'sojourn/node'
import type { WebSession, WebSessions } from 'sojourn/web'

/** Express 4 has no types here; what is used of it is the same. */
const express4: typeof express = createRequire(import.meta.url)('express4')

export interface Shop {
  cart: string[]
  count: number
  user: string
}

export type ShopWeb = WebSessions<Shop>

/** How a binding is used in a test. */
export interface ServerOptions {
  readonly lazy?: boolean
  readonly passive?: boolean
  readonly onError?: (error: unknown) => void
}

export interface Running {
  readonly url: string
  close(): Promise<void>
}

/** What Sojourn throws at a handler. */
export const refusal = () => new SojournError('ERR_USER_MISSING', 'There is no such user.')

/** What the handlers of all frameworks do to the session. */
export const ACTIONS: Record<string, (session: WebSession<Shop>) => unknown> = {
  add: (session) => session.set('cart', [...session.get('cart', []), 'tea']),
  push: (session) => session.get('cart')?.push('milk'),
  count: (session) => session.increment('count'),
  login: (session) => session.login('anna'),
  logout: (session) => session.logout(),
  big: (session) => session.set('user', 'x'.repeat(300_000)),
  key: (session) => session.securityKey(),
}

function act(session: WebSession<Shop>, name: string | undefined): unknown {
  return {
    done: ACTIONS[name ?? '']?.(session) ?? null,
    cart: session.get('cart', []),
    count: session.get('count', 0),
    user: session.userId,
  }
}

/** What is found by who loads a session too late. */
async function loadLate(session: WebSession<Shop>): Promise<string> {
  await session.load()
  try {
    session.set('user', 'late')
    return 'changed'
  } catch (error) {
    return `${session.get('cart', []).join()};${Reflect.get(Object(error), 'code')}`
  }
}

async function listening(server: Server): Promise<Running> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function expressShop(create: typeof express, web: ShopWeb, { lazy, passive, onError }: ServerOptions): Promise<Running> {
  const app = create()
  app.use(express.urlencoded({ extended: false }), express.json())
  app.disable('x-powered-by')
  app.use(expressSession(web, { lazy, onError, passive: () => passive === true }))
  app.get('/do/:name', (req, res) => void res.json(act(web.of(req), req.params.name)))
  app.get('/property', (req, res) => void res.json({ same: Object.is(Reflect.get(req, 'session'), web.of(req)) }))
  app.get('/redirect', (req, res) => {
    ACTIONS['add']?.(web.of(req))
    res.redirect('/elsewhere')
  })
  app.get('/stream', (req, res) => {
    ACTIONS['add']?.(web.of(req))
    Readable.from(Array.from({ length: 300 }, (_, at) => `${at},`.padEnd(1000, '.'))).pipe(res)
  })
  app.get('/refuse', () => {
    throw refusal()
  })
  app.get('/throw', (req) => {
    ACTIONS['add']?.(web.of(req))
    throw new Error('broken')
  })
  app.get('/raw', (req, res) => {
    ACTIONS['add']?.(web.of(req))
    res.writeHead(201, 'Made', ['Set-Cookie', 'own=1', 'X-Own', 'yes'])
    res.end('raw')
  })
  app.get('/headers', (req, res) => {
    ACTIONS['add']?.(web.of(req))
    res.append('set-cookie', 'own=1').set('x-own', 'yes').status(201).send('own')
  })
  app.get('/unchanged', (req, res) => {
    ACTIONS['add']?.(web.of(req))
    res.status(304).end()
  })
  app.get('/late', (req, res) => {
    res.write('begun;')
    try {
      web.of(req).set('user', 'late')
    } catch (error) {
      res.write(String(Reflect.get(Object(error), 'code')))
    }
    res.end()
  })
  app.get('/late-load', async (req, res) => {
    res.write('begun;')
    res.end(await loadLate(web.of(req)))
  })
  app.get('/load', async (req, res) => {
    await web.of(req).load()
    res.json(act(web.of(req), 'add'))
  })
  app.post('/form', web.csrf(), (_req, res) => void res.json({ accepted: true }))
  return listening(createServer(app))
}

async function fastifyShop(web: ShopWeb, { lazy, passive, onError }: ServerOptions): Promise<Running> {
  const app = fastify()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  await app.register(fastifySession(web, { lazy, onError, passive: () => passive === true }))
  app.get<{ Params: { name: string } }>('/do/:name', async (request) => act(web.of(request), request.params.name))
  app.get('/property', async (request) => ({ same: Reflect.get(request, 'session') === web.of(request) }))
  app.get('/redirect', (request, reply) => {
    ACTIONS['add']?.(web.of(request))
    return reply.redirect('/elsewhere')
  })
  app.get('/stream', (request, reply) => {
    ACTIONS['add']?.(web.of(request))
    return reply.send(Readable.from(Array.from({ length: 300 }, (_, at) => `${at},`.padEnd(1000, '.'))))
  })
  app.get('/refuse', async () => {
    throw refusal()
  })
  app.get('/throw', async (request) => {
    ACTIONS['add']?.(web.of(request))
    throw new Error('broken')
  })
  app.get('/raw', (request, reply) => {
    ACTIONS['add']?.(web.of(request))
    reply.hijack()
    reply.raw.writeHead(201, 'Made', ['Set-Cookie', 'own=1', 'X-Own', 'yes'])
    reply.raw.end('raw')
  })
  app.get('/headers', (request, reply) => {
    ACTIONS['add']?.(web.of(request))
    reply.raw.setHeader('x-raw', 'yes')
    reply.raw.statusMessage = 'Fine'
    return reply.header('set-cookie', 'own=1').header('x-own', 'yes').code(201).send('own')
  })
  app.get('/unchanged', (request, reply) => {
    ACTIONS['add']?.(web.of(request))
    return reply.code(304).send()
  })
  app.get('/late', (request, reply) => {
    reply.hijack()
    reply.raw.write('begun;')
    try {
      web.of(request).set('user', 'late')
    } catch (error) {
      reply.raw.write(String(Reflect.get(Object(error), 'code')))
    }
    reply.raw.end()
  })
  app.get('/late-load', async (request, reply) => {
    reply.hijack()
    reply.raw.write('begun;')
    reply.raw.end(await loadLate(web.of(request)))
  })
  app.get('/load', async (request) => {
    await web.of(request).load()
    return act(web.of(request), 'add')
  })
  app.post('/form', { preHandler: web.csrf() }, async () => ({ accepted: true }))
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return { url, close: () => app.close() }
}

function honoShop(web: ShopWeb, { lazy, passive, onError }: ServerOptions): Promise<Running> {
  const app = new Hono<SessionEnv<Shop>>()
  app.use(honoSession(web, { lazy, onError, passive: () => passive === true }))
  app.get('/do/:name', (c) => c.json(act(c.get('session'), c.req.param('name')) as object))
  app.get('/property', (c) => c.json({ same: c.get('session') === web.of(c) }))
  app.get('/redirect', (c) => {
    ACTIONS['add']?.(web.of(c))
    return c.redirect('/elsewhere')
  })
  app.get('/stream', (c) => {
    ACTIONS['add']?.(web.of(c))
    const chunks = Array.from({ length: 300 }, (_, at) => new TextEncoder().encode(`${at},`.padEnd(1000, '.')))
    return c.body(Readable.toWeb(Readable.from(chunks)) as ReadableStream)
  })
  app.get('/refuse', () => {
    throw refusal()
  })
  app.get('/throw', (c) => {
    ACTIONS['add']?.(web.of(c))
    throw new Error('broken')
  })
  app.get('/raw', (c) => {
    ACTIONS['add']?.(web.of(c))
    return new Response('raw', { status: 201, headers: { 'Set-Cookie': 'own=1', 'X-Own': 'yes' } })
  })
  app.get('/headers', (c) => {
    ACTIONS['add']?.(web.of(c))
    c.header('set-cookie', 'own=1', { append: true })
    c.header('x-own', 'yes')
    c.status(201)
    return c.text('own')
  })
  app.get('/unchanged', (c) => {
    ACTIONS['add']?.(web.of(c))
    return c.body(null, 304)
  })
  app.get('/late', (c) => {
    const session = web.of(c)
    return c.body(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setImmediate(resolve))
          try {
            session.set('user', 'late')
          } catch (error) {
            controller.enqueue(new TextEncoder().encode(`begun;${Reflect.get(Object(error), 'code')}`))
          }
          controller.close()
        },
      }),
    )
  })
  app.get('/late-load', (c) => {
    const session = web.of(c)
    return c.body(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setImmediate(resolve))
          controller.enqueue(new TextEncoder().encode(`begun;${await loadLate(session)}`))
          controller.close()
        },
      }),
    )
  })
  app.get('/load', async (c) => {
    await web.of(c).load()
    return c.json(act(web.of(c), 'add') as object)
  })
  app.post('/form', web.csrf(), (c) => c.json({ accepted: true }))
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      resolve({ url: `http://127.0.0.1:${port}`, close: () => new Promise((done) => server.close(() => done())) }),
    )
  })
}

function nodeShop(web: ShopWeb, { lazy, passive, onError }: ServerOptions): Promise<Running> {
  const guard = web.csrf()
  const withSession = nodeSession(web, { lazy, onError, passive: () => passive === true })
  const server = createServer(
    withSession(async (req, res) => {
      const { session } = req
      const { pathname } = new URL(req.url ?? '/', 'http://localhost')
      const json = (value: unknown) => res.setHeader('content-type', 'application/json').end(JSON.stringify(value))
      if (pathname.startsWith('/do/')) return json(act(session, pathname.slice(4)))
      if (pathname === '/property') return json({ same: session === web.of(req) })
      if (pathname === '/load') {
        await session.load()
        return json(act(session, 'add'))
      }
      if (pathname === '/form') {
        const chunks: Buffer[] = []
        for await (const chunk of req) chunks.push(chunk)
        const text = Buffer.concat(chunks).toString()
        const isJson = req.headers['content-type'] === 'application/json'
        Object.assign(req, { body: isJson ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text)) })
        await guard(req)
        return json({ accepted: true })
      }
      if (pathname === '/late') {
        res.write('begun;')
        try {
          session.set('user', 'late')
        } catch (error) {
          res.write(String(Reflect.get(Object(error), 'code')))
        }
        return res.end()
      }
      if (pathname === '/late-load') {
        res.write('begun;')
        return res.end(await loadLate(session))
      }
      ACTIONS['add']?.(session)
      if (pathname === '/redirect') return res.writeHead(302, { Location: '/elsewhere' }).end()
      if (pathname === '/stream') {
        return Readable.from(Array.from({ length: 300 }, (_, at) => `${at},`.padEnd(1000, '.'))).pipe(res)
      }
      if (pathname === '/refuse') throw refusal()
      if (pathname === '/throw') throw new Error('broken')
      if (pathname === '/raw') return res.writeHead(201, 'Made', ['Set-Cookie', 'own=1', 'X-Own', 'yes']).end('raw')
      if (pathname === '/headers') {
        res.statusMessage = 'Fine'
        return res.setHeader('set-cookie', 'own=1').setHeader('x-own', 'yes').end('own')
      }
      if (pathname === '/unchanged') {
        res.statusCode = 304
        return res.end()
      }
      return json({})
    }),
  )
  return listening(server)
}

/** Each framework with its way to start the shop. */
export const SERVERS: Record<string, (web: ShopWeb, options?: ServerOptions) => Promise<Running>> = {
  'Express 5': (web, options = {}) => expressShop(express, web, options),
  'Express 4': (web, options = {}) => expressShop(express4, web, options),
  Fastify: (web, options = {}) => fastifyShop(web, options),
  Hono: (web, options = {}) => honoShop(web, options),
  Node: (web, options = {}) => nodeShop(web, options),
}
