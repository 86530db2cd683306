// What does a cache do while it has no connection, and how does it come to one?
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CacheStatus } from '../../../src/engine/cache/cache-options.ts'
import { withSessionCache } from '../../../src/engine/cache/session-cache.ts'
import { NOW, newSession } from '../../../src/testing/sessions/builders.ts'
import { sharedStore } from './manual-channel.ts'
import { set, two } from './two-fronts.ts'

describe('without a connection', () => {
  it('nothing is answered from memory, and nothing kept', async () => {
    const { near, far, id } = await two()
    near.allow(false)
    near.cut()
    expect(near.cache.size()).toBe(0)
    await far.store.delete(id, NOW)
    expect(await near.store.load(id, 'all', NOW)).toBeUndefined()
    expect(near.cache.size()).toBe(0)
  })

  it('what was begun is not kept once there is one again', async () => {
    const { near, far, plain, id } = await two()
    near.allow(false)
    near.cut()
    near.hold()
    const reading = near.store.load(id, 'all', NOW)
    await set(far.store, id, '1')
    near.allow(true)
    await near.cache.settled()
    near.release()
    await reading
    expect(await near.store.load(id, 'all', NOW)).toEqual(await plain.load(id, 'all', NOW))
  })

  it('tells that it comes and goes', async () => {
    const told: CacheStatus[] = []
    const { near, id } = await two({ onStatus: (status) => told.push(status) })
    near.cut()
    await near.cache.settled()
    await near.store.load(id, 'all', NOW)
    await near.store.close()
    expect(told).toEqual([{ connected: true }, { connected: false, cause: new Error('cut') }, { connected: true }])
  })

  it('none is made after it was closed', async () => {
    const { open } = sharedStore()
    const told: CacheStatus[] = []
    const { store } = open({ onStatus: (status) => told.push(status) })
    await store.close()
    await store.load(newSession(null).id, 'all', NOW).catch(() => undefined)
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toEqual([])
  })

  it('tells of a first attempt that fails, once', async () => {
    const told: CacheStatus[] = []
    const { open } = sharedStore()
    const front = open({ onStatus: (status) => told.push(status) })
    front.allow(false)
    await front.store.load(newSession(null).id, 'all', NOW)
    await vi.waitUntil(() => told.length > 0)
    front.allow(true)
    await front.cache.settled()
    expect(told).toEqual([{ connected: false, cause: new Error('refused') }, { connected: true }])
    await front.store.close()
  })
})

describe('the connection', () => {
  const log: string[] = []
  let settle: () => Promise<void>
  let link: () => Promise<void>

  function open() {
    const { plain } = sharedStore()
    const channel = {
      groupOfSession: () => 0,
      groupOfPrincipal: () => 0,
      async connect(_: unknown, abandoned: AbortSignal) {
        log.push('connect')
        abandoned.addEventListener('abort', () => log.push('abandoned'))
        await link()
        return { settled: () => settle(), close: () => void log.push('close') }
      },
    }
    return withSessionCache({ store: plain, channel, fingerprint: async () => undefined }, { maxAge: 2 })
  }
  const never = () => new Promise<never>(() => undefined)

  beforeEach(() => {
    vi.useFakeTimers()
    log.length = 0
    settle = link = async () => undefined
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('that does not answer any more is given up, and sought again', async () => {
    const { store, cache } = open()
    await cache.settled()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(log).toEqual(['connect'])
    settle = never
    await vi.advanceTimersByTimeAsync(4100)
    expect(log).toEqual(['connect', 'close', 'connect'])
    await store.close()
    expect(log).toEqual(['connect', 'close', 'connect', 'close'])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(log).toHaveLength(4)
  })

  it('that never comes about is abandoned, so that nothing is left of the attempts', async () => {
    const { store } = open()
    link = never
    await store.load('x', 'all', NOW)
    await vi.advanceTimersByTimeAsync(2001)
    expect(log).toEqual(['connect', 'abandoned'])
    await vi.advanceTimersByTimeAsync(100)
    expect(log).toEqual(['connect', 'abandoned', 'connect'])
    await store.close()
    expect(log).toEqual(['connect', 'abandoned', 'connect', 'abandoned'])
  })

  it('that comes too late is closed', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { store, cache } = open()
    link = () => promise
    const settled = cache.settled()
    await vi.advanceTimersByTimeAsync(1900)
    link = async () => undefined
    await vi.advanceTimersByTimeAsync(200)
    await settled
    resolve()
    await vi.advanceTimersByTimeAsync(1)
    expect(log).toEqual(['connect', 'abandoned', 'connect', 'close'])
    await store.close()
  })

  it('is sought less and less often, and not any more after the end', async () => {
    const { store } = open()
    link = async () => {
      throw new Error('refused')
    }
    await store.load(newSession(null).id, 'header', NOW)
    await vi.advanceTimersByTimeAsync(60_000)
    const attempts = () => log.filter((each) => each === 'connect').length
    const made = attempts()
    expect(made).toBeGreaterThan(25)
    expect(made).toBeLessThan(40)
    await store.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(attempts()).toBe(made)
  })
})
