// Does a handler that sends twice, too late or in several ways find the same whether or not its session has to be saved?
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Server } from 'node:net'
import express from 'express'
import fastify from 'fastify'
import { SojournError } from 'sojourn'
import { sojournSession as expressSession } from 'sojourn/express'
import { sojournSession as fastifySession } from 'sojourn/fastify'
import { sojournSession } from 'sojourn/node'
import { type WebSessions, webSessions } from 'sojourn/web'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { openHost } from '../web/support/host.ts'

const servers: Server[] = []
const uncaught: unknown[] = []
const note = (error: unknown) => uncaught.push(error)
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  expect(uncaught.splice(0)).toEqual([])
})
process.on('uncaughtException', note)
process.on('unhandledRejection', note)

async function serve(listener: (web: WebSessions, onError: (error: unknown) => void) => RequestListener) {
  const host = await openHost()
  const errors: unknown[] = []
  const server = createServer(listener(webSessions(host.sso), (error) => errors.push(error)))
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { ...host, errors, port, url: `http://127.0.0.1:${port}` }
}

/** Every byte of the answers to two requests on one connection, of which the second closes it. */
async function bytesOf(port: number, path: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const request = (more: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`
  socket.write(request('') + request('Connection: close\r\n'))
  let text = ''
  for await (const chunk of socket.setEncoding('utf8')) text += chunk
  return text.replaceAll(/^(set-cookie|cache-control|date|connection|keep-alive|etag): .*\r\n/gim, '')
}

const codeOf = (work: () => unknown) => {
  try {
    work()
    return 'nothing'
  } catch (error) {
    return String(Reflect.get(Object(error), 'code'))
  }
}

describe.each([
  ['with nothing to save', false],
  ['while its session is saved', true],
])('%s', (_, isChanged) => {
  const plain = (handler: (request: IncomingMessage, response: ServerResponse) => unknown) =>
    serve((web, onError) =>
      sojournSession(web, { onError })((request, response) => {
        if (isChanged) request.session.set('at', request.url)
        return handler(request, response)
      }),
    )

  test('a second answer is refused with the error that Express knows, and the first one goes out whole', async () => {
    const codes: string[] = []
    const { port } = await serve((web, onError) => {
      const app = express()
      app.use(expressSession(web, { onError }))
      app.get('/twice', (req, res) => {
        if (isChanged) web.of(req).set('a', 1)
        res.redirect('/login')
        codes.push(codeOf(() => res.json({ x: 1 })))
      })
      return app
    })
    const body = 'Found. Redirecting to /login'
    expect((await bytesOf(port, '/twice')).match(/HTTP[^\r]*|Content-Length: \d+|Found\..*?login/g)).toEqual([
      'HTTP/1.1 302 Found',
      `Content-Length: ${body.length}`,
      body,
      'HTTP/1.1 302 Found',
      `Content-Length: ${body.length}`,
      body,
    ])
    expect(codes).toEqual(['ERR_HTTP_HEADERS_SENT', 'ERR_HTTP_HEADERS_SENT'])
  })

  test('status, message and headers are those of the first byte', async () => {
    const seen: string[] = []
    const { url, errors } = await plain((__, response) => {
      response.setHeader('x-own', 'first')
      response.write('x')
      response.statusCode = 404
      response.statusMessage = 'Late'
      seen.push(
        codeOf(() => response.setHeader('x-own', 'late')),
        codeOf(() => response.appendHeader('x-own', 'late')),
        codeOf(() => response.removeHeader('x-own')),
        codeOf(() => response.writeHead(500)),
      )
      response.end('y')
    })
    const answer = await fetch(url)
    expect([answer.status, answer.statusText, answer.headers.get('x-own'), await answer.text()]).toEqual([
      200,
      'OK',
      'first',
      'xy',
    ])
    expect([seen, errors]).toEqual([Array(4).fill('ERR_HTTP_HEADERS_SENT'), []])
  })

  test('a second writeHead is refused, and the connection lives on', async () => {
    const { port } = await plain((__, response) => {
      response.writeHead(201)
      codeOf(() => response.writeHead(500))
      response.end('y')
    })
    expect((await bytesOf(port, '/')).match(/HTTP[^\r]*/g)).toEqual(['HTTP/1.1 201 Created', 'HTTP/1.1 201 Created'])
  })

  test('an answer that was complete when its handler threw goes out whole, and one that was not is cut off', async () => {
    const { url, errors } = await plain((request, response) => {
      response.setHeader('content-length', 8)
      if (request.url === '/whole') response.end('complete')
      else response.write('half')
      throw new Error('late')
    })
    expect(await (await fetch(`${url}/whole`)).text()).toBe('complete')
    await expect(fetch(`${url}/half`).then((answer) => answer.text())).rejects.toThrow()
    expect(errors).toEqual([new Error('late'), new Error('late')])
  })

  test('an end that repeats nothing is told when the response is done', async () => {
    const seen: unknown[] = []
    const { url } = await plain((__, response) => {
      response.end('a')
      response.end((error?: Error | null) => seen.push(error ?? 'no error'))
    })
    expect(await (await fetch(url)).text()).toBe('a')
    expect(seen).toEqual(['no error'])
  })
})

test.each([undefined, 'create'])(
  'of what a Fastify handler sends twice the first goes out, with its session (fault: %s)',
  async (fault) => {
    const { sso, faults } = await openHost()
    if (fault !== undefined) faults.set(fault, new Error('away'))
    const web = webSessions<{ a: number }>(sso)
    const app = fastify()
    await app.register(fastifySession(web, { onError: () => undefined }))
    app.get('/', async (request, reply) => {
      web.of(request).set('a', 1)
      reply.send('first')
      return 'second'
    })
    const answer = await fetch(await app.listen({ port: 0, host: '127.0.0.1' }))
    expect([answer.status, answer.headers.getSetCookie().length]).toEqual(fault === undefined ? [200, 1] : [503, 0])
    if (fault === undefined) expect(await answer.text()).toBe('first')
    await app.close()
  },
)

test('a write or end that comes after the end of a held response is told so, and changes nothing', async () => {
  const seen: unknown[] = []
  const { port, errors } = await serve((web, onError) =>
    sojournSession(web, { onError })((request, response) => {
      request.session.set('a', 1)
      const late = (error?: unknown) => void seen.push(Reflect.get(Object(error), 'code'))
      response.setHeader('content-length', 1)
      response.end('a')
      response.end('b', late)
      expect(response.write('c', 'utf8', late)).toBe(false)
    }),
  )
  expect((await bytesOf(port, '/')).match(/HTTP[^\r]*|\r\n\r\n\w/g)).toEqual(
    Array(2).fill(['HTTP/1.1 200 OK', '\r\n\r\na']).flat(),
  )
  expect(seen).toEqual(Array(4).fill('ERR_STREAM_WRITE_AFTER_END'))
  expect(errors).toEqual([])
})

test.each(['create', 'load'])('an onError that throws itself changes nothing about the answer to a failed %s', async (call) => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  const broken = () => {
    throw new TypeError('a secret')
  }
  const inExpress = await serve((web) => {
    const app = express()
    app.use(expressSession(web, { onError: broken }))
    app.get('/', (req, res) => {
      web.of(req).set('a', 1)
      res.send('saved')
    })
    return app
  })
  const inNode = await serve((web) =>
    sojournSession(web, { onError: broken })((request, response) => {
      request.session.set('a', 1)
      response.end('saved')
    }),
  )
  for (const { url, faults } of [inExpress, inNode]) {
    const cookie = (await fetch(url)).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    faults.set(call, new SojournError('ERR_STORE_UNAVAILABLE', 'The store does not answer.', { applied: 'no' }))
    const headers = call === 'load' ? { cookie } : {}
    for (let at = 0; at < 2; at += 1) expect((await fetch(url, { headers })).status).toBe(503)
  }
  expect(warn.mock.calls).toEqual(Array(2).fill(['Sojourn: `onError` failed with TypeError.']))
  warn.mockRestore()
})

test('the status message of a response that is not sent does not go with the answer in its place', async () => {
  const { url, faults } = await serve((web, onError) => {
    const app = express()
    app.use(expressSession(web, { onError }))
    app.get('/', (req, res) => {
      web.of(req).set('a', 1)
      res.statusMessage = 'Fine'
      res.send('saved')
    })
    return app
  })
  faults.set('create', new Error('away'))
  const answer = await fetch(url)
  expect([answer.status, answer.statusText]).toEqual([503, 'Service Unavailable'])
})
