// Do sessions end when they must, and does use push that no more often than it may?
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createEngine } from '../../src/engine/engine.ts'
import { memorySessions } from '../../src/stores/memory/memory-sessions.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { codeOf, failure, INSTALLATION_KEY, openEngine, watched } from './open-engine.ts'

afterEach(() => {
  vi.useRealTimers()
})

it('the time is that of the process at each moment, so that an application can move it in its tests', async () => {
  const engine = createEngine({ store: memorySessions(), installationKey: INSTALLATION_KEY })
  vi.useFakeTimers({ toFake: ['Date'] })
  const { token } = await engine.sessions.start({ principal: 'anna' })
  expect(await engine.sessions.resume(token)).toBeDefined()
  vi.setSystemTime(Date.now() + 3_600_000)
  expect(await engine.sessions.resume(token)).toBeUndefined()
})

describe('a session that does not slide', () => {
  it('lives its expiry from the start, to the millisecond, however much it is used', async () => {
    const engine = openEngine({ policy: { expiry: 100 } })
    const { session, token } = await engine.sessions.start({ principal: 'anna' })
    expect(session.expiresAt).toBe(engine.time.now() + 100_000)
    for (let round = 0; round < 9; round += 1) {
      engine.time.advance(11)
      expect(await engine.sessions.resume(token)).toBeDefined()
    }
    engine.time.advance(0.999)
    expect(await engine.sessions.resume(token)).toBeDefined()
    engine.time.advance(0.001)
    expect(await engine.sessions.resume(token)).toBeUndefined()
    expect(engine.calls).not.toContain('update')
    expect(await codeOf(session.attr.set('a', 1))).toBe('ERR_SESSION_ENDED')
  })

  it('is renewed up to its absolute deadline', async () => {
    const engine = openEngine({ policy: { expiry: 100, absoluteTimeout: 250 } })
    const { session, token } = await engine.sessions.start({ principal: 'anna' })
    for (const [wait, left] of [
      [90, 100],
      [90, 70],
      [69, 1],
    ] as const) {
      engine.time.advance(wait)
      expect((await engine.sessions.renew(token))?.session.expiresAt).toBe(engine.time.now() + left * 1000)
    }
    engine.time.advance(1)
    expect(await engine.sessions.renew(token)).toBeUndefined()
    expect(await engine.sessions.resume(token)).toBeUndefined()
    expect((await engine.sessions.list()).items).toEqual([])
    expect(session.id.length).toBe(24)
  })

  it('is renewed with an expiry, an interaction and details of its own', async () => {
    const engine = openEngine()
    const { handle: started } = await engine.core.start({ principal: 'anna', expiry: 10 })
    expect(started.header().expiresAt).toBe(engine.time.now() + 10_000)
    const interaction = { at: 1, remoteAddr: '10.0.0.1', userAgent: 'x', source: 'renew' }
    const details = { ...started.header().details, methods: ['pwd', 'otp'] }
    await started.renew({ expiry: 5, interaction, details })
    expect(started.header()).toMatchObject({ expiresAt: engine.time.now() + 5000, details })
    expect((await engine.sessions.list({ principal: 'anna' })).items[0]).toMatchObject({ history: [interaction], details })
    await engine.sessions.end(started.id)
    expect(await codeOf(started.renew())).toBe('ERR_SESSION_ENDED')
  })
})

it('a clock that counts parts of milliseconds is taken in whole ones, which is what stores keep', async () => {
  const engine = openEngine({ clock: () => 1_700_000_000_000.75 })
  const { session, token } = await engine.sessions.start({ principal: 'anna', attributes: { a: 1 } })
  expect(session.createdAt).toBe(1_700_000_000_000)
  expect((await engine.sessions.resume(token))?.session.expiresAt).toBe(1_700_003_600_000)
  expect((await session.attr.get('a'))?.creationTime).toBe(1_700_000_000_000)
})

describe('a sliding session', () => {
  const policy = { idleTimeout: 3600, absoluteTimeout: 86_400, touchInterval: 300 }

  it('is pushed at most once an interval, and lives on to its absolute deadline', async () => {
    const engine = openEngine({ policy })
    const { token } = await engine.sessions.start({ principal: 'anna', sliding: true })
    engine.calls.length = 0
    let hours = 0
    while ((await engine.sessions.resume(token)) !== undefined) {
      engine.time.advance(3300)
      hours += 3300 / 3600
    }
    expect(hours).toBeGreaterThan(23)
    expect(hours).toBeLessThan(25)
    const { token: second } = await engine.sessions.start({ principal: 'anna', sliding: true })
    engine.calls.length = 0
    for (let request = 0; request < 1000; request += 1) {
      engine.time.advance(0.9)
      expect(await engine.sessions.resume(second)).toBeDefined()
    }
    expect(engine.calls.filter((call) => call === 'update').length).toBe(2)
  })

  it('is written once by 10,000 reads inside an interval, however many come at once', async () => {
    const engine = openEngine({ policy })
    const { token } = await engine.sessions.start({ principal: 'anna', sliding: true })
    engine.time.advance(301)
    engine.calls.length = 0
    const resumed = await Promise.all(Array.from({ length: 10_000 }, () => engine.sessions.resume(token)))
    expect(resumed.every((answer) => answer !== undefined && answer.token === null)).toBe(true)
    expect(engine.calls.filter((call) => call === 'update').length).toBe(1)
  })

  it('ends after its idle timeout, exact to the interval', async () => {
    const engine = openEngine({ policy })
    const { token } = await engine.sessions.start({ principal: 'anna', sliding: true })
    engine.time.advance(299)
    await engine.sessions.resume(token)
    engine.time.advance(3600 - 299 - 0.001)
    expect(await engine.sessions.resume(token)).toBeDefined()
    engine.time.advance(3600)
    expect(await engine.sessions.resume(token)).toBeUndefined()
  })

  it('is not kept alive by passive requests', async () => {
    const engine = openEngine({ policy })
    const { token } = await engine.sessions.start({ principal: 'anna', sliding: true })
    for (let poll = 0; poll < 36; poll += 1) {
      expect(await engine.sessions.resume(token, { passive: true })).toBeDefined()
      engine.time.advance(100)
    }
    expect(await engine.sessions.resume(token, { passive: true })).toBeUndefined()
    expect(engine.calls).not.toContain('update')
  })

  it('is read although the push fails; that is an event, and the next request pushes', async () => {
    let isDown = false
    const time = manualClock()
    const store = watched(memorySessions(), (call) =>
      isDown && call === 'update' ? Promise.reject(new Error('down')) : undefined,
    )
    const engine = openEngine({ store, time, policy })
    const { token, session } = await engine.sessions.start({ principal: 'anna', sliding: true, attributes: { a: 1 } })
    time.advance(400)
    isDown = true
    const read = await engine.sessions.resume(token, { preload: 'all' })
    expect((await read?.session.attr.get('a'))?.value).toBe(1)
    expect(engine.events.at(-1)).toMatchObject({
      type: 'session.touch-failed',
      id: session.id,
      error: { code: 'ERR_STORE_UNAVAILABLE' },
    })
    isDown = false
    expect((await engine.sessions.resume(token))?.session.expiresAt).toBe(time.now() + 3_600_000)
  })

  it('that ends between the read and the push is not answered', async () => {
    const inner = memorySessions()
    const time = manualClock()
    let id = ''
    const store = watched(inner, (call) => (call === 'update' ? inner.delete(id, time.now()) : undefined))
    const engine = openEngine({ store, time, policy })
    const { token, session } = await engine.sessions.start({ principal: 'anna', sliding: true })
    id = session.id
    time.advance(400)
    expect(await engine.sessions.resume(token)).toBeUndefined()
    expect(engine.events.at(-1)).toMatchObject({ type: 'session.refused', reason: 'missing' })
  })
})

describe('the store down', () => {
  it('is an error, never a logout', async () => {
    let isDown = false
    const store = watched(memorySessions(), () => (isDown ? Promise.reject(new Error('down')) : undefined))
    const engine = openEngine({ store })
    const { token, session } = await engine.sessions.start({ principal: 'anna' })
    isDown = true
    for (const use of [
      engine.sessions.resume(token),
      session.attr.get('a'),
      session.attr.set('a', 1),
      engine.sessions.renew(token),
    ]) {
      expect(await failure(use)).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', status: 503 })
    }
    isDown = false
    expect(await engine.sessions.resume(token)).toBeDefined()
  })

  it('is an error of a renewal too, and the end of the session is not', async () => {
    const inner = memorySessions()
    const time = manualClock()
    let before: () => unknown = () => {}
    const store = watched(inner, (call) => (call === 'update' ? before() : undefined))
    const engine = openEngine({ store, time })
    const { token, session } = await engine.sessions.start({ principal: 'anna' })
    before = () => Promise.reject(new Error('down'))
    expect(await codeOf(engine.sessions.renew(token))).toBe('ERR_STORE_UNAVAILABLE')
    before = () => inner.delete(session.id, time.now())
    expect(await engine.sessions.renew(token)).toBeUndefined()
  })
})
