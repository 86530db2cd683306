// Does a response that waits for its session behave as one that does not?
import { once } from 'node:events'
import { createServer, request as httpRequest, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { inspect } from 'node:util'
import { sojournSession } from 'sojourn/node'
import { webSessions } from 'sojourn/web'
import { expect, test } from 'vitest'
import { openHost } from '../web/support/host.ts'
import { serve, servers } from './node-serve.ts'

const bytes = (size: number) => Buffer.alloc(size, 'x')

test('a stream of many megabytes flows, with back pressure', async () => {
  const { url } = await serve(async (request, response) => {
    request.session.set('a', 1)
    await pipeline(Readable.from(Array.from({ length: 100 }, () => bytes(100_000))), response)
  })
  const answer = await fetch(url)
  expect(answer.headers.getSetCookie()).toHaveLength(1)
  expect((await answer.arrayBuffer()).byteLength).toBe(10_000_000)
})

test('a writer that waits for the jam of what was held to end is told when it has, not before', async () => {
  const waiting: number[] = []
  const { url } = await serve(async (request, response) => {
    request.session.set('a', 1)
    response.write(bytes(10_000_000))
    await once(response, 'drain')
    waiting.push(response.writableLength)
    response.end()
  })
  expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(10_000_000)
  expect(waiting).toEqual([0])
})

test('writes are held in their order, tell of their end, and say that headers are sent', async () => {
  const seen: unknown[] = []
  const { url } = await serve((request, response) => {
    request.session.set('a', 1)
    seen.push(response.headersSent, response.writableEnded, response.write('one,'))
    response.write('dHdvLA==', 'base64', () => seen.push('written'))
    seen.push(response.headersSent, response.writableEnded)
    response.end('three', () => seen.push('ended'))
    seen.push(response.writableEnded)
  })
  expect(await (await fetch(url)).text()).toBe('one,two,three')
  expect(seen).toEqual([false, false, false, true, false, true, 'written', 'ended'])
})

test('every form of writeHead keeps its own cookies beside ours', async () => {
  const forms: ((response: ServerResponse) => ServerResponse)[] = [
    (response) => response.writeHead(200),
    (response) => response.setHeader('set-cookie', 'own=1').writeHead(200, { 'X-Own': 'yes' }),
    (response) => response.writeHead(200, { 'Set-Cookie': ['own=1', 'own2=2'], 'X-Own': 'yes' }),
    (response) => response.writeHead(200, 'Fine', { 'set-cookie': 'own=1', 'x-own': 'yes' }),
    (response) => response.writeHead(200, ['Set-Cookie', 'own=1', 'Set-Cookie', 'own2=2', 'X-Own', 'yes']),
    (response) =>
      response.writeHead(200, [
        ['Set-Cookie', 'own=1'],
        ['X-Own', 'yes'],
      ] as never),
  ]
  const { url } = await serve((request, response) => {
    request.session.set('a', 1)
    forms[Number(request.url?.slice(1))]!(response).end('ok')
  })
  for (const [at] of forms.entries()) {
    const answer = await fetch(`${url}/${at}`)
    const cookies = answer.headers.getSetCookie()
    expect([at, cookies.filter((line) => line.startsWith('sojourn=')).length]).toEqual([at, 1])
    expect([at, cookies.includes('own=1'), answer.headers.get('x-own')]).toEqual([at, at > 0, at > 0 ? 'yes' : null])
  }
})

test('what writeHead says goes over what was said before, in every form as without a session', async () => {
  const forms: unknown[] = [{ 'X-Own': ['a', 'b'] }, ['X-Own', 'a', 'X-Own', 'b'], { 'x-other': 'c' }]
  const { url } = await serve((request, response) => {
    const [, form, isChanged] = request.url?.split('/') ?? []
    if (isChanged === 'changed') request.session.set('a', 1)
    response.setHeader('x-own', 'before')
    response.writeHead(200, forms[Number(form)] as never).end('ok')
  })
  for (const form of forms.keys()) {
    const [plain, held] = [await fetch(`${url}/${form}/plain`), await fetch(`${url}/${form}/changed`)]
    expect([form, held.headers.get('x-own')]).toEqual([form, plain.headers.get('x-own')])
  }
})

test('a status or header that is none becomes an error of the server, not of the process', async () => {
  const { url, errors } = await serve((request, response) => {
    request.session.set('a', 1)
    if (request.url === '/status') response.writeHead(9999).end()
    else if (request.url === '/listed') response.writeHead(200, ['x-bad', undefined] as never).end()
    else response.writeHead(200, { 'x-bad': request.url === '/header' ? 'a\r\nb' : undefined }).end()
  })
  const paths = ['/status', '/header', '/listed', '/none']
  for (const path of paths) expect([path, (await fetch(url + path)).status]).toEqual([path, 500])
  expect(errors).toHaveLength(paths.length)
})

test('when the session cannot be saved, nothing of the response goes out', async () => {
  const { url, faults, errors } = await serve((request, response) => {
    request.session.set('a', 1)
    response.setHeader('x-own', 'yes')
    response.setHeader('content-length', 10_000_000)
    Readable.from(Array.from({ length: 100 }, () => bytes(100_000))).pipe(response)
  })
  faults.set('create', new Error('away'))
  const answer = await fetch(url)
  expect([answer.status, answer.headers.get('x-own'), answer.headers.get('retry-after')]).toEqual([503, null, '1'])
  expect(await answer.json()).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  expect(errors).toHaveLength(1)
})

test('a writer that waits is told to go on when the session cannot be saved', async () => {
  const seen: string[] = []
  const { url, faults } = await serve(async (request, response) => {
    request.session.set('a', 1)
    response.write('dropped', () => seen.push('written'))
    await once(response, 'drain')
    response.end('as well', () => seen.push('ended'))
  })
  faults.set('create', new Error('away'))
  expect((await fetch(url)).status).toBe(503)
  await expect.poll(() => seen).toEqual(['written', 'ended'])
})

test('HEAD is answered with the cookie and without a body', async () => {
  const { url } = await serve((request, response) => {
    request.session.set('a', 1)
    response.end('a body that is not sent')
  })
  const answer = await fetch(url, { method: 'HEAD' })
  expect([answer.headers.getSetCookie().length, await answer.text()]).toEqual([1, ''])
})

test('flushHeaders commits; what is written later goes straight through', async () => {
  const { url } = await serve(async (request, response) => {
    request.session.set('a', 1)
    response.flushHeaders()
    await new Promise((resolve) => setImmediate(resolve))
    response.write('later,')
    response.end('end')
  })
  const answer = await fetch(url)
  expect([answer.headers.getSetCookie().length, await answer.text()]).toEqual([1, 'later,end'])
})

test('a client that goes away takes nothing back', async () => {
  let finished: () => void = () => undefined
  const handled = new Promise<void>((resolve) => {
    finished = resolve
  })
  const { url, calls } = await serve(async (request, response) => {
    request.session.set('a', 1)
    const gone = once(response, 'close')
    abort()
    await gone
    response.end('nobody reads this')
    finished()
  })
  const outgoing = httpRequest(url)
  outgoing.on('error', () => undefined)
  const abort = () => outgoing.destroy()
  outgoing.end()
  await handled
  expect(calls).toEqual(['create'])
})

test('an error that the handler throws is answered without a word of its own', async () => {
  const { url, errors } = await serve((_, response) => {
    response.setHeader('x-own', 'yes')
    throw new Error('secret detail')
  })
  const answer = await fetch(url)
  expect([answer.status, await answer.json()]).toEqual([500, { title: 'The server failed', status: 500 }])
  expect(answer.headers.get('x-own')).toBeNull()
  expect(errors).toHaveLength(1)
})

/** Sends requests over one connection without waiting for answers, and tells their statuses: not every machine lets a process have 2,000 connections. */
async function statusesOf(port: number, cookie: string, paths: readonly string[]): Promise<readonly string[]> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  const last = paths.length - 1
  const lines = paths.map((path, at) => [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    `Cookie: ${cookie}`,
    ...(at === last ? ['Connection: close'] : []),
  ])
  socket.write(lines.map((each) => `${each.join('\r\n')}\r\n\r\n`).join(''))
  const text = (await socket.toArray()).join('')
  return [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status = '']) => status)
}

test('1,000 requests at once over HTTP, each with its own entry and one more on a counter, all survive', async () => {
  const host = await openHost()
  const web = webSessions<Record<string, number>>(host.sso)
  const server = createServer(
    sojournSession(web)((request, response) => {
      const key = request.url?.slice(1) ?? ''
      if (key !== '') {
        request.session.set(key, 1)
        request.session.increment('sum')
      }
      response.end(JSON.stringify([request.session.size, request.session.get('sum', 0)]))
    }),
  )
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const cookie = (await fetch(`${url}/first`)).headers.getSetCookie()[0]!.split(';')[0]!
  const paths = Array.from({ length: 100 }, (_, group) => Array.from({ length: 10 }, (_, at) => `/k${10 * group + at}`))
  const answers = await Promise.all(paths.map((ten) => statusesOf(port, cookie, ten)))
  expect(answers.flat()).toEqual(Array(1000).fill('200'))
  expect(await (await fetch(`${url}/`, { headers: { cookie } })).json()).toEqual([1002, 1001])
})

test('two sessions of one response both wait, and say so', async () => {
  const first = await openHost()
  const second = await openHost()
  const [one, two] = [webSessions(first.sso), webSessions(second.sso, { cookie: { name: '__Host-other' } })]
  const seen: unknown[] = []
  const inner = sojournSession(two)(async (request, response) => {
    one.of(request).set('a', 1)
    two.of(request).set('b', 2)
    response.end('both')
    seen.push(response.headersSent, response.writableEnded)
    // All the way: while the first is saved, while the second is, and after.
    for (let at = 0; at < 200; at += 1) {
      await Promise.resolve()
      seen.push(response.headersSent, response.writableEnded)
    }
  })
  const server = createServer(sojournSession(one)(inner))
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  expect(await answer.text()).toBe('both')
  expect(answer.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['other', 'sojourn'])
  expect(seen.filter((said) => said !== true)).toEqual([])
  expect(seen).toHaveLength(402)
})

test('printing a request prints no token', async () => {
  let printed = ''
  const { url } = await serve((request, response) => {
    request.session.set('a', 1)
    printed += inspect(request.session, { depth: 8, showHidden: true })
    response.end()
  })
  const cookie = (await fetch(url)).headers.getSetCookie()[0]?.split(';')[0] ?? ''
  await fetch(url, { headers: { cookie } })
  expect(cookie).toMatch(/^sojourn=sjn_/)
  expect(printed).not.toContain(cookie.split('.').at(-1))
})
