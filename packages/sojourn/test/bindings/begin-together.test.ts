// When does a request begin that waits for the others of its turn?
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Hono } from 'hono'
import { sojournSession } from 'sojourn/express'
import { sojournSession as forHono } from 'sojourn/hono'
import { webSessions } from 'sojourn/web'
import { expect, test, vi } from 'vitest'
import { openHost } from '../web/support/host.ts'

/** Has an Express application of its own answer so many requests that arrive at once; `log` is told when each is read and handed on. */
async function arrive(times: number, lazy: boolean, log: string[]) {
  const { sso, before } = await openHost()
  const { token } = await sso.sessions.start({ principal: null })
  before.set('load', async () => log.push('read'))
  const middleware = sojournSession(webSessions(sso), { lazy })
  return Promise.all(
    Array.from({ length: times }, (_, at) => {
      const request = new IncomingMessage(Object.assign(new Socket(), { encrypted: true }))
      request.headers = { cookie: `__Host-sojourn=${token}` }
      return new Promise<void>((resolve) => {
        middleware(request, new ServerResponse(request), () => {
          log.push(`handler ${at}`)
          resolve()
        })
        queueMicrotask(() => log.push(`arrived ${at}`))
      })
    }),
  )
}

test('the requests of a turn are handed on in the order in which they came, after all of them have arrived and were read', async () => {
  const log: string[] = []
  const answered = arrive(2, false, log)
  process.nextTick(() => log.push('tick'))
  await answered
  const expected = ['arrived 0', 'arrived 1', 'read', 'read', 'handler 0', 'handler 1']
  expect(log).toEqual(expected.toSpliced(log.indexOf('tick'), 0, 'tick'))
  expect(log.indexOf('tick')).toBeLessThan(log.indexOf('read'))
})

test('one that is lazy waits for nobody', async () => {
  const log: string[] = []
  let turns = 0
  setImmediate(() => {
    turns += 1
  })
  await arrive(1, true, log)
  expect([turns, log]).toEqual([0, ['arrived 0', 'handler 0']])
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
    await arrive(1, false, log)
    expect(log).toContain('handler 0')
  } finally {
    vi.useRealTimers()
  }
})
