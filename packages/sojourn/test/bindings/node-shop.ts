// How does the shop run on nothing but `node:http`?
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { sojournSession } from 'sojourn/node'
import { ACTIONS, act, listening, loadLate, type Running, refusal, type ServerOptions, type ShopWeb } from './shop.ts'

/** Starts it. */
export function nodeShop(web: ShopWeb, { lazy, passive, onError }: ServerOptions): Promise<Running> {
  const guard = web.csrf()
  const withSession = sojournSession(web, { lazy, onError, passive })
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
