// When does a request begin that waits for the others of its turn?
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import fastify from 'fastify'
import { Hono } from 'hono'
import { sojournSession as forExpress } from 'sojourn/express'
import { sojournSession as forFastify } from 'sojourn/fastify'
import { sojournSession as forHono } from 'sojourn/hono'
import { sojournSession as forNode } from 'sojourn/node'
import { type WebSessions, webSessions } from 'sojourn/web'
import { describe, expect, test, vi } from 'vitest'
import { openHost } from '../web/support/host.ts'

type Options = { readonly lazy: boolean }

/** Gives a request to an application; `handled` is what its handler calls. */
type Serve = (request: IncomingMessage, response: ServerResponse, handled: () => void) => void

/** An application of each kind that is served by Node. */
const APPS: Record<string, (web: WebSessions, options: Options) => Serve | Promise<Serve>> = {
  Express: (web, options) => forExpress(web, options),
  async Fastify(web, options) {
    const app = fastify()
    await app.register(forFastify(web, options))
    const handlers = new WeakMap<object, () => void>()
    app.get('/', (request, reply) => {
      reply.hijack()
      handlers.get(request.raw)?.()
    })
    await app.ready()
    return (request, response, handled) => {
      handlers.set(request, handled)
      app.routing(request, response)
    }
  },
  Node: (web, options) => (request, response, handled) => void forNode(web, options)(handled)(request, response),
}

/** Opens an application to which so many requests can come at once; `log` is told when each is read and handed on. */
async function openApp(name: string, lazy: boolean, log: string[]) {
  const { sso, before } = await openHost()
  const { token } = await sso.sessions.start({ principal: null })
  before.set('load', async () => log.push('read'))
  const serve = await APPS[name]!(webSessions(sso), { lazy })
  const arrive = (at: number) =>
    new Promise<void>((resolve) => {
      const request = new IncomingMessage(Object.assign(new Socket(), { encrypted: true }))
      Object.assign(request, { method: 'GET', url: '/', headers: { cookie: `__Host-sojourn=${token}` } })
      serve(request, new ServerResponse(request), () => {
        log.push(`handler ${at}`)
        resolve()
      })
      queueMicrotask(() => log.push(`arrived ${at}`))
    })
  return (times: number) => Promise.all(Array.from({ length: times }, (_, at) => arrive(at)))
}

describe.each(Object.keys(APPS))('%s', (name) => {
  test('the requests of a turn are handed on in the order in which they came, after all of them have arrived and were read', async () => {
    const log: string[] = []
    const arrive = await openApp(name, false, log)
    const answered = arrive(2)
    process.nextTick(() => log.push('tick'))
    await answered
    const expected = ['arrived 0', 'arrived 1', 'read', 'read', 'handler 0', 'handler 1']
    expect(log).toEqual(expected.toSpliced(log.indexOf('tick'), 0, 'tick'))
    expect(log.indexOf('tick')).toBeLessThan(log.indexOf('read'))
  })

  test('one that is lazy waits for nobody', async () => {
    const log: string[] = []
    const arrive = await openApp(name, true, log)
    let turns = 0
    setImmediate(() => {
      turns += 1
    })
    await arrive(1)
    expect([turns, log.filter((each) => each !== 'arrived 0')]).toEqual([0, ['handler 0']])
  })
})

test.each([
  ['that Node has brought', { incoming: { socket: new Socket() } }, 1],
  ['of another runtime, where none may wait for what another one has begun', {}, 0],
])('a request to Hono %s', async (_, env, turnsWaited) => {
  const { sso } = await openHost()
  const app = new Hono()
  app.use(forHono(webSessions(sso)))
  let turns = 0
  app.get('/', (c) => c.text(String(turns)))
  setImmediate(() => {
    turns += 1
  })
  const response = await app.request('http://localhost/', {}, env)
  expect(await response.text()).toBe(String(turnsWaited))
})

test('they begin also where an application tests with a clock of its own', async () => {
  vi.useFakeTimers()
  try {
    const log: string[] = []
    const arrive = await openApp('Express', false, log)
    await arrive(1)
    expect(log).toContain('handler 0')
  } finally {
    vi.useRealTimers()
  }
})
