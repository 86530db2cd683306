// How does the shop run on Hono?
import { Readable } from 'node:stream'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { type SessionEnv, sojournSession } from 'sojourn/hono'
import { ACTIONS, act, loadLate, type Running, refusal, type ServerOptions, type Shop, type ShopWeb } from './shop.ts'

/** Starts it. */
export function honoShop(web: ShopWeb, { lazy, passive, onError }: ServerOptions): Promise<Running> {
  const app = new Hono<SessionEnv<Shop>>()
  app.use(sojournSession(web, { lazy, onError, passive }))
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
