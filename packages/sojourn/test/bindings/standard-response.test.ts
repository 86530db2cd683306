// Does a standard response that a handler answers carry its session, and is its body let go when it cannot?
import { Readable } from 'node:stream'
import fastify from 'fastify'
import { Hono } from 'hono'
import { SojournError } from 'sojourn'
import { sojournSession as fastifySession } from 'sojourn/fastify'
import { sojournSession as honoSession } from 'sojourn/hono'
import { type WebSession, webSessions } from 'sojourn/web'
import { expect, test } from 'vitest'
import { openHost } from '../web/support/host.ts'

type Answer = (session: WebSession) => unknown

const quiet = { onError: () => undefined }

/** One request to a handler of each kind. */
const SENDERS: Record<string, (sso: Parameters<typeof webSessions>[0], answer: Answer) => Promise<Response>> = {
  async Fastify(sso, answer) {
    const web = webSessions(sso)
    const app = fastify()
    await app.register(fastifySession(web, quiet))
    app.get('/', async (request) => answer(web.of(request)))
    const { statusCode, headers, body } = await app.inject('/')
    const lines = Object.entries(headers).flatMap(([name, value]) =>
      [value].flat().map((each): [string, string] => [name, String(each)]),
    )
    return new Response(body, { status: statusCode, headers: lines })
  },
  async Hono(sso, answer) {
    const web = webSessions(sso)
    const app = new Hono()
    app.use(honoSession(web, quiet))
    app.get('/', (c) => answer(web.of(c)) as Response)
    return app.request('http://localhost/')
  },
  async handle(sso, answer) {
    const handler = webSessions(sso).handle((_request, session) => answer(session) as Response, quiet)
    return handler(new Request('http://localhost/'))
  },
}

test.each(Object.keys(SENDERS))('%s: no cache keeps an answer with a cookie, whatever the response says', async (name) => {
  const { sso } = await openHost()
  const headers = { 'cache-control': 'public, max-age=60', 'set-cookie': 'own=1', 'x-own': 'yes' }
  const response = await SENDERS[name]!(sso, (session) => {
    session.set('a', 1)
    return new Response('said', { status: 201, headers })
  })
  expect([response.status, response.headers.get('cache-control'), response.headers.get('x-own')]).toEqual([
    201,
    'no-store',
    'yes',
  ])
  expect(
    response.headers
      .getSetCookie()
      .map((line) => line.split('=')[0])
      .sort(),
  ).toEqual(['own', 'sojourn'])
  expect(await response.text()).toBe('said')
})

test.each(Object.keys(SENDERS))('%s: the answer of another server, whose header is fixed, gets the cookie', async (name) => {
  const { sso } = await openHost()
  const response = await SENDERS[name]!(sso, async (session) => {
    session.set('a', 1)
    return fetch('data:text/plain,said')
  })
  expect([response.headers.getSetCookie().length, response.headers.get('cache-control')]).toEqual([1, 'no-store'])
  expect(await response.text()).toBe('said')
  const redirect = await SENDERS[name]!(sso, (session) => {
    session.set('a', 1)
    return Response.redirect('http://localhost/elsewhere', 303)
  })
  expect([redirect.status, redirect.headers.get('location'), redirect.headers.getSetCookie().length]).toEqual([
    303,
    'http://localhost/elsewhere',
    1,
  ])
})

test.each(['another body', 'an error'])(
  'Fastify: the cookie goes out also where a later hook puts %s in its place',
  async (other) => {
    const { sso } = await openHost()
    const web = webSessions(sso)
    const app = fastify()
    await app.register(fastifySession(web, quiet))
    const payloads: unknown[] = []
    app.addHook('onSend', async (_request, _reply, payload) => {
      if (payloads.push(payload) > 1) return payload
      if (other === 'an error') throw new Error('broken')
      return 'other'
    })
    app.get('/', async (request) => {
      web.of(request).set('a', 1)
      return new Response('said', { headers: { 'cache-control': 'public' } })
    })
    const { statusCode, headers, cookies } = await app.inject('/')
    expect([statusCode, headers['cache-control']]).toEqual([other === 'an error' ? 500 : 200, 'no-store'])
    expect(cookies.map(({ name }) => name)).toEqual(['sojourn'])
  },
)

test.each(Object.keys(SENDERS))('%s: the body of an answer that does not go out is let go', async (name) => {
  const { sso, faults } = await openHost()
  faults.set('create', new SojournError('ERR_STORE_UNAVAILABLE', 'The store does not answer.', { applied: 'no' }))
  let released = 0
  const response = await SENDERS[name]!(sso, (session) => {
    session.set('a', 1)
    const cancel = () => {
      released += 1
    }
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(9)), cancel }))
  })
  expect([response.status, released]).toEqual([503, 1])
})

test.each(Object.keys(SENDERS))(
  '%s: a body that somebody reads already is left to them, and the failure is answered',
  async (name) => {
    const { sso, faults } = await openHost()
    faults.set('create', new SojournError('ERR_STORE_UNAVAILABLE', 'The store does not answer.', { applied: 'no' }))
    const response = await SENDERS[name]!(sso, (session) => {
      session.set('a', 1)
      const answer = new Response(new ReadableStream())
      answer.body?.getReader()
      return answer
    })
    expect(response.status).toBe(503)
  },
)

test('Fastify: a stream that does not go out is let go', async () => {
  const { sso, faults } = await openHost()
  faults.set('create', new SojournError('ERR_STORE_UNAVAILABLE', 'The store does not answer.', { applied: 'no' }))
  const stream = new Readable({ read: () => undefined })
  const response = await SENDERS['Fastify']!(sso, (session) => {
    session.set('a', 1)
    return stream
  })
  expect([response.status, stream.destroyed]).toEqual([503, true])
})

test.each(Object.keys(SENDERS))(
  '%s: nothing goes out of the answer of another server when the session cannot be saved',
  async (name) => {
    const { sso, faults } = await openHost()
    faults.set('create', new SojournError('ERR_STORE_UNAVAILABLE', 'The store does not answer.', { applied: 'no' }))
    const response = await SENDERS[name]!(sso, async (session) => {
      session.set('a', 1)
      return fetch('data:text/plain,said')
    })
    expect([response.status, response.headers.get('content-type')]).toEqual([503, 'application/problem+json'])
  },
)
