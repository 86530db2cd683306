// How does the shop run on Fastify?
import { Readable } from 'node:stream'
import fastify from 'fastify'
import { sojournSession } from 'sojourn/fastify'
import { ACTIONS, act, loadLate, type Running, refusal, type ServerOptions, type ShopWeb } from './shop.ts'

/** Starts it. */
export async function fastifyShop(web: ShopWeb, { lazy, passive, onError }: ServerOptions): Promise<Running> {
  const app = fastify()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  await app.register(sojournSession(web, { lazy, onError, passive }))
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
