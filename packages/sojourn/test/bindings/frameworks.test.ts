// Is a session saved before the first byte, whatever a handler of each framework does?
import { SojournError } from 'sojourn'
import { webSessions } from 'sojourn/web'
import { afterEach, describe, expect, test } from 'vitest'
import { createBrowser } from '../web/support/browser.ts'
import { openHost } from '../web/support/host.ts'
import { SERVERS } from './servers.ts'
import type { Running, ServerOptions, Shop } from './shop.ts'

/** Header fields that no handler has set. */
const BY_THE_SERVER = ['connection', 'date', 'keep-alive', 'transfer-encoding']

const running: Running[] = []
afterEach(async () => {
  for (const server of running.splice(0)) await server.close()
})

describe.each(Object.keys(SERVERS))('%s', (name) => {
  async function open(options: ServerOptions = {}, hostOptions: Parameters<typeof openHost>[0] = {}) {
    const host = await openHost(hostOptions)
    const web = webSessions<Shop>(host.sso)
    const server = await SERVERS[name]!(web, options)
    running.push(server)
    const browser = createBrowser((request) => fetch(request, { redirect: 'manual' }), server.url)
    const cart = async () => ((await (await browser.send('/do/look')).json()) as { cart: string[] }).cart
    return { ...host, web, server, browser, cart }
  }

  test('keeps a session from request to request, in one call each', async () => {
    const { browser, cart, calls } = await open()
    const first = await browser.send('/do/add')
    expect(first.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^sojourn=sjn_[\w.-]+; Path=\/; HttpOnly; SameSite=Lax$/),
    ])
    expect(first.headers.get('cache-control')).toBe('no-store')
    expect(await cart()).toEqual(['tea'])
    await browser.send('/do/push')
    expect(await cart()).toEqual(['tea', 'milk'])
    expect(calls).toEqual(['create', 'load', 'load', 'update', 'load'])
  })

  test('asks no store and sets no cookie for a visit that changes nothing', async () => {
    const { browser, calls } = await open()
    expect((await browser.send('/do/look')).headers.getSetCookie()).toEqual([])
    expect(calls).toEqual([])
  })

  test('hands the session to the request as well as to web.of', async () => {
    const { browser } = await open()
    expect(await (await browser.send('/property')).json()).toEqual({ same: true })
  })

  test.each([
    ['a redirect', '/redirect', 302],
    ['a stream', '/stream', 200],
    ['an error', '/throw', 500],
    ['not modified', '/unchanged', 304],
    ['its own status line and headers', '/raw', 201],
  ])('saves before %s', async (_, path, status) => {
    const { browser, cart } = await open()
    const response = await browser.send(path)
    expect(response.status).toBe(status)
    expect(response.headers.getSetCookie().filter((line) => line.startsWith('sojourn='))).toHaveLength(1)
    const body = await response.text()
    if (path === '/stream') expect(body).toHaveLength(300_000)
    if (path === '/raw') {
      expect(body).toBe('raw')
      expect(response.headers.getSetCookie()).toContain('own=1')
      expect(response.headers.get('x-own')).toBe('yes')
    }
    // What a handler changed before it threw is saved with the answer to the error.
    expect(await cart()).toEqual(['tea'])
  })

  test('saves before the answer to HEAD', async () => {
    const { browser, cart } = await open()
    expect(await (await browser.send('/do/add', { method: 'HEAD' })).text()).toBe('')
    expect(await cart()).toEqual(['tea'])
  })

  test('refuses a change after the first byte', async () => {
    const { browser } = await open()
    expect(await (await browser.send('/late')).text()).toBe('begun;ERR_SESSION_COMMITTED')
  })

  test('answers 503 with Retry-After while the store is away, keeps the cookie, and goes on when it is back', async () => {
    const { browser, cart, faults } = await open()
    await browser.send('/do/add')
    const cookie = browser.cookie()
    faults.set('load', new SojournError('ERR_STORE_UNAVAILABLE', 'The store does not answer.', { applied: 'no' }))
    const refused = await browser.send('/do/look')
    expect([refused.status, refused.headers.get('retry-after'), refused.headers.getSetCookie()]).toEqual([503, '1', []])
    faults.clear()
    faults.set('update', new SojournError('ERR_STORE_UNAVAILABLE', 'The store does not answer.', { applied: 'unknown' }))
    const unsaved = await browser.send('/do/push')
    expect([unsaved.status, unsaved.headers.get('retry-after'), unsaved.headers.getSetCookie()]).toEqual([503, '1', []])
    faults.clear()
    expect(browser.cookie()).toBe(cookie)
    expect(await cart()).toEqual(['tea'])
  })

  test('says when to come back also where it is the handler or the guard that asks the store', async () => {
    const { browser, faults } = await open({ lazy: true, onError: () => undefined })
    await browser.send('/load')
    faults.set('load', new SojournError('ERR_STORE_UNAVAILABLE', 'The store does not answer.', { applied: 'no', retryAfter: 7 }))
    const headers = { 'content-type': 'application/json', 'x-csrf-token': 'a'.repeat(32) }
    const guarded = await browser.send('/form', { method: 'POST', body: '{}', headers })
    expect([guarded.status, guarded.headers.get('retry-after')]).toEqual([503, '7'])
    // Express 4 does not wait for handlers, so that what they reject is lost there.
    if (name === 'Express 4') return
    const handled = await browser.send('/load')
    expect([handled.status, handled.headers.get('retry-after')]).toEqual([503, '7'])
  })

  test('tells the application of a session that could not be saved', async () => {
    const errors: unknown[] = []
    const { browser, faults } = await open({ onError: (error) => errors.push(error) })
    const away = new SojournError('ERR_STORE_UNAVAILABLE', 'The store does not answer.', { applied: 'no' })
    faults.set('create', away)
    const response = await browser.send('/do/add')
    expect([response.status, response.headers.get('retry-after'), errors]).toEqual([503, '1', [away]])
  })

  test('tells the application of a session that could not be read', async () => {
    const errors: unknown[] = []
    const { browser, faults } = await open({ onError: (error) => errors.push(error) })
    await browser.send('/do/add')
    const away = new SojournError('ERR_STORE_UNAVAILABLE', 'The store does not answer.', { applied: 'no' })
    faults.set('load', away)
    expect((await browser.send('/do/look')).status).toBe(503)
    expect(errors).toEqual([away])
  })

  test('a user who cannot be read is a failure of the server, whatever status the error claims', async () => {
    class Refused extends Error {
      readonly statusCode = 401
      get status() {
        return 401
      }
      get headers() {
        return { 'x-inner': 'of another server' }
      }
    }
    const errors: unknown[] = []
    const failure = Object.freeze(new Refused('the token of the service has expired'))
    const outcomes = [() => Promise.reject(new Refused('the same')), () => Promise.reject(failure)]
    const loadUser = () => outcomes.shift()?.()
    const { browser } = await open({ onError: (error) => errors.push(error) }, { loadUser })
    await browser.send('/do/login')
    const refused = await browser.send('/do/look')
    expect([refused.status, refused.headers.get('x-inner'), errors.length]).toEqual([500, null, 1])
    // One that cannot be changed is answered as it is, and not left without an answer.
    expect((await browser.send('/do/look')).status).toBeGreaterThan(400)
  })

  test.each([undefined, null, 'route', 'router'])(
    'a session that cannot be read because of %s reaches no handler',
    async (reason) => {
      const { browser } = await open({ onError: () => undefined }, { loadUser: () => Promise.reject(reason) })
      await browser.send('/do/login')
      const refused = await browser.send('/property')
      expect([refused.status, await refused.text()]).toEqual([500, expect.not.stringContaining('same')])
      if (name === 'Hono' || name === 'Node') expect(refused.headers.get('content-type')).toBe('application/problem+json')
    },
  )

  test.each([undefined, null, 'route', new Error('Nobody knows.')])(
    'a request of which %s is thrown when it is asked for being passive reaches no handler',
    async (reason) => {
      const errors: unknown[] = []
      const passive = (): boolean => {
        throw reason
      }
      const { browser } = await open({ passive, onError: (error) => errors.push(error) })
      const refused = await browser.send('/property')
      expect([refused.status, await refused.text()]).toEqual([500, expect.not.stringContaining('same')])
      expect(errors).toEqual([reason])
    },
  )

  test("answers an error of Sojourn that a handler throws with the error's own status", async () => {
    const { browser } = await open()
    expect((await browser.send('/refuse')).status).toBe(404)
  })

  test.each(['/raw', '/headers', '/redirect', '/stream'])(
    'lets nothing of %s out when the session could not be saved',
    async (path) => {
      const { browser, faults } = await open({ onError: () => undefined })
      faults.set('create', new SojournError('ERR_STORE_UNAVAILABLE', 'The store does not answer.', { applied: 'no' }))
      const response = await browser.send(path)
      const ours = ['content-type', 'content-length', 'retry-after', 'cache-control']
      const others = [...response.headers.keys()].filter((name) => ![...ours, ...BY_THE_SERVER].includes(name))
      expect([response.status, response.statusText, others]).toEqual([503, 'Service Unavailable', []])
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(await response.json()).toMatchObject({ status: 503, code: 'ERR_STORE_UNAVAILABLE' })
    },
  )

  test('reads nothing with lazy until the session is loaded', async () => {
    const { browser, calls } = await open({ lazy: true })
    expect(await (await browser.send('/property')).json()).toEqual({ same: true })
    await browser.send('/load')
    await browser.send('/load')
    expect(calls).toEqual(['create', 'load', 'update'])
    calls.length = 0
    expect((await browser.send('/do/look')).status).toBeGreaterThanOrEqual(400)
    expect(calls).toEqual([])
  })

  test('refuses a change of a session that is loaded after the first byte, and reads it', async () => {
    const { browser } = await open({ lazy: true })
    await browser.send('/load')
    expect(await (await browser.send('/late-load')).text()).toBe('begun;tea;ERR_SESSION_COMMITTED')
  })

  test('a passive request does not keep the session alive', async () => {
    const { browser, calls, time } = await open({ passive: () => true })
    await browser.send('/do/add')
    calls.length = 0
    time.now += 1_800_000
    await browser.send('/do/look')
    expect(calls).toEqual(['load'])
  })

  test('the guard lets nobody through when the user cannot be read, for whatever reason', async () => {
    const options = { lazy: true, onError: () => undefined }
    const { browser, web } = await open(options, { loadUser: () => Promise.reject(undefined) })
    const session = await web.load(new Request('http://127.0.0.1/'))
    session.login('anna')
    const cookie = (await web.commit(session, new Response())).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const headers = { cookie, 'content-type': 'application/json', 'x-csrf-token': 'a'.repeat(32) }
    expect((await browser.send('/form', { method: 'POST', body: '{}', headers })).status).toBe(500)
  })

  test('the guard refuses another site, and accepts the same origin or a one-time key', async () => {
    const { browser } = await open()
    const post = (body: string, headers: Record<string, string>) =>
      browser.send('/form', {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      })
    const { done: key } = (await (await browser.send('/do/key')).json()) as { done: string }
    expect((await post('', { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await post('', { origin: 'https://evil.example' })).status).toBe(403)
    expect((await post('', {})).status).toBe(403)
    expect((await post('', { 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    expect((await post(`_csrf=${key}`, { 'sec-fetch-site': 'cross-site' })).status).toBe(200)
    expect((await post(`_csrf=${key}`, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    const { done: second } = (await (await browser.send('/do/key')).json()) as { done: string }
    expect((await post('', { 'x-csrf-token': second })).status).toBe(200)
    const { done: third } = (await (await browser.send('/do/key')).json()) as { done: string }
    const json = () => post(JSON.stringify({ _csrf: third }), { 'content-type': 'application/json' })
    expect([(await json()).status, (await json()).status]).toEqual([200, 403])
  })
})
