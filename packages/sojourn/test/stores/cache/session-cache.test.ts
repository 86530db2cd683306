// When does a cache answer from memory, when does it ask the store, and what does it never do?
import type { SessionStore } from 'sojourn'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CacheStatus } from '../../../src/engine/cache/cache-options.ts'
import { withSessionCache } from '../../../src/engine/cache/session-cache.ts'
import {
  attribute,
  attributes,
  HOUR,
  MINUTE,
  NOW,
  newSession,
  principal,
  SECOND,
} from '../../../src/testing/sessions/builders.ts'
import { valuesOf } from '../../../src/testing/sessions/chapter.ts'
import { type Front, sharedStore } from './manual-channel.ts'

const owner = principal()
const set = (store: SessionStore, id: string, value: string, now = NOW) =>
  store.update(id, { attributes: [{ name: 'v', when: 'always', value }] }, now)

/** Two fronts of one store, connected, and a session that the first holds. */
async function two(options: Parameters<ReturnType<typeof sharedStore>['open']>[0] = {}) {
  const shared = sharedStore()
  const [near, far] = [shared.open(options), shared.open()]
  await Promise.all([near.cache.settled(), far.cache.settled()])
  const session = newSession(owner, { attributes: attributes({ v: '0', w: '1' }) })
  await shared.plain.create(session)
  await near.store.load(session.id, 'all', NOW)
  return { ...shared, near, far, session, id: session.id }
}

/** How often the store is asked while something is done. */
async function askedFor(front: Front, run: () => Promise<unknown>): Promise<number> {
  const before = front.asked()
  await run()
  return front.asked() - before
}

describe('from memory', () => {
  it('answers every question about a session that was read once, and asks nobody', async () => {
    const { near, id, plain } = await two()
    const asked = await askedFor(near, async () => {
      for (const want of ['all', 'header', ['w'], ['v', 'x'], []] as const) {
        expect(await near.store.load(id, want, NOW)).toEqual(await plain.load(id, want, NOW))
      }
    })
    expect(asked).toBe(0)
  })

  it('answers nothing older than `maxAge`, though all news are lost', async () => {
    const { near, far, id } = await two({ maxAge: 5 })
    await far.store.delete(id, NOW)
    near.lose()
    expect(await near.store.load(id, 'header', NOW + 5 * SECOND - 1)).toMatchObject({ id })
    expect(await near.store.load(id, 'header', NOW + 5 * SECOND)).toBeUndefined()
  })

  it('counts the age from before the session was read', async () => {
    const { near, far, id } = await two({ maxAge: 5 })
    near.hold()
    const reading = near.store.load(id, 'header', NOW + 5 * SECOND)
    near.release()
    await reading
    await far.store.delete(id, NOW)
    near.lose()
    expect(await near.store.load(id, 'header', NOW + 10 * SECOND - 1)).toMatchObject({ id })
    expect(await near.store.load(id, 'header', NOW + 10 * SECOND)).toBeUndefined()
  })

  it('leaves out attributes that have expired meanwhile', async () => {
    const { near, plain } = await two({ maxAge: 60 })
    const session = newSession(owner, {
      attributes: new Map([
        ['a', attribute('1')],
        ['b', attribute('2', { expiresAt: NOW + SECOND })],
      ]),
    })
    await plain.create(session)
    await near.store.load(session.id, 'all', NOW)
    const asked = await askedFor(near, async () => {
      expect(await valuesOf(near.store, session.id, NOW + SECOND - 1)).toEqual({ a: '1', b: '2' })
      expect(await valuesOf(near.store, session.id, NOW + SECOND)).toEqual({ a: '1' })
      expect((await near.store.load(session.id, ['b'], NOW + SECOND)) as object).toMatchObject({ attributes: new Map() })
    })
    expect(asked).toBe(0)
  })

  it('never ends a session: where one looks over, the store is asked', async () => {
    const { near, plain } = await two({ maxAge: 60 })
    const session = newSession(owner, { expiresAt: NOW + SECOND })
    await plain.create(session)
    await near.store.load(session.id, 'all', NOW)
    await plain.update(session.id, { header: { expiresAt: NOW + MINUTE } }, NOW)
    expect(await near.store.load(session.id, 'header', NOW + SECOND)).toMatchObject({ expiresAt: NOW + MINUTE })
    expect(await near.store.load(session.id, 'header', NOW + MINUTE)).toBeUndefined()
  })

  it('holds no more than `maxSessions`; the oldest go', async () => {
    const { near, plain } = await two({ maxSessions: 3 })
    const sessions = Array.from({ length: 5 }, () => newSession(owner))
    for (const session of sessions) {
      await plain.create(session)
      await near.store.load(session.id, 'all', NOW)
      expect(near.cache.size()).toBeLessThanOrEqual(3)
    }
    const asked = await Promise.all(sessions.map(({ id }) => askedFor(near, () => near.store.load(id, 'header', NOW))))
    expect(asked.slice(2)).toEqual([0, 0, 0])
  })

  it('does not hold the missing, the dead, or what is large, and reads of that only what is asked for', async () => {
    const { near, plain } = await two()
    const large = newSession(owner, { attributes: attributes({ v: '0', large: 'x'.repeat(70_000) }) })
    await plain.create(large)
    await near.store.load(large.id, 'all', NOW)
    const reads = vi.spyOn(plain, 'load')
    expect(await near.store.load(large.id, ['v'], NOW)).toEqual(await plain.load(large.id, ['v'], NOW))
    expect(reads.mock.calls.map(([, want]) => want)).toEqual([['v'], ['v']])
    reads.mockRestore()
    const size = near.cache.size()
    await plain.delete(newSession(owner).id, NOW, NOW + HOUR)
    for (const id of [newSession(owner).id, newSession(null).id]) expect(await near.store.load(id, 'all', NOW)).toBeUndefined()
    expect(near.cache.size()).toBe(size)
  })
})

describe('news', () => {
  const changes: Record<string, (far: SessionStore, id: string) => Promise<unknown>> = {
    update: (far, id) => set(far, id, '1'),
    delete: (far, id) => far.delete(id, NOW),
    'revoke the principal': (far) => far.revoke({ principal: owner }, NOW),
    'revoke guests': (far) => far.revoke('guests', NOW),
    'revoke all': (far) => far.revoke('all', NOW),
    bump: (far) => far.bump(owner),
  }
  it.each(Object.entries(changes))('of %s by others, and by itself, are heeded', async (_, change) => {
    for (const own of [true, false]) {
      const { near, far, plain, id } = await two()
      await change((own ? near : far).store, id)
      if (own) near.lose()
      else near.deliver()
      expect(await askedFor(near, () => near.store.load(id, 'all', NOW))).toBe(1)
      expect(await near.store.load(id, 'all', NOW)).toEqual(await plain.load(id, 'all', NOW))
    }
  })

  it('that come while a session is read keep what was read out of memory', async () => {
    for (const [name, change] of Object.entries(changes)) {
      const { near, far, plain } = await two()
      const { id } = newSession(owner)
      await plain.create(newSession(owner, { id, attributes: attributes({ v: '0' }) }))
      near.hold()
      const reading = near.store.load(id, 'all', NOW)
      await change(far.store, id)
      near.deliver()
      near.release()
      await reading // may be what was there before
      expect(await near.store.load(id, 'all', NOW), name).toEqual(await plain.load(id, 'all', NOW))
    }
  })

  it('of its own writes count before they are answered, also for what is read meanwhile', async () => {
    const { near, id } = await two()
    near.hold()
    near.cut()
    await near.cache.settled() // empties it
    const reading = near.store.load(id, 'all', NOW)
    await set(near.store, id, '1')
    near.release()
    await reading
    expect(await valuesOf(near.store, id, NOW)).toMatchObject({ v: '1' })
  })

  it('of its own writes count also against what was read, and kept, while they were under way', async () => {
    const { near, plain, id } = await two()
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const update = plain.update
    vi.spyOn(plain, 'update').mockImplementationOnce(async (...change) => {
      await gate
      return await update(...change)
    })
    const writing = set(near.store, id, '1')
    expect(await valuesOf(near.store, id, NOW)).toMatchObject({ v: '0' })
    open()
    await writing
    expect(await valuesOf(near.store, id, NOW)).toMatchObject({ v: '1' })
  })

  it('of its own writes count also where those failed', async () => {
    const { near, plain, id } = await two()
    vi.spyOn(plain, 'update').mockImplementationOnce(async () => {
      await set(plain, id, '1')
      throw new Error('the answer was lost')
    })
    await expect(set(near.store, id, '1')).rejects.toThrow('the answer was lost')
    expect(await valuesOf(near.store, id, NOW)).toMatchObject({ v: '1' })
  })

  it('do not keep a session out of memory that is read without a pause', async () => {
    const { near, plain } = await two()
    const session = newSession(owner)
    await plain.create(session)
    near.hold()
    const first = near.store.load(session.id, 'all', NOW)
    const second = near.store.load(session.id, 'all', NOW)
    near.release(1)
    await first
    expect(await askedFor(near, () => near.store.load(session.id, 'all', NOW))).toBe(0)
    near.release()
    await second
  })
})

it('a sweep by the same process leaves nothing of the dead behind', async () => {
  const { near, id } = await two()
  expect(await near.store.sweep(NOW + HOUR, 10)).toMatchObject({ removed: 1 })
  expect(await near.store.load(id, 'header', NOW)).toBeUndefined()
})

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

describe('strictly', () => {
  it('what others did is seen at once, though all news are lost, and only a fingerprint is read', async () => {
    const { near, far, plain, id } = await two({ strict: true })
    const reads = vi.spyOn(plain, 'load')
    expect(await askedFor(near, () => near.store.load(id, 'all', NOW))).toBe(1)
    reads.mockRestore()
    await set(far.store, id, '1')
    near.lose()
    expect(await valuesOf(near.store, id, NOW)).toMatchObject({ v: '1' })
    await far.store.bump(owner)
    near.lose()
    expect(await near.store.load(id, 'header', NOW)).toMatchObject({ version: 1 })
    await far.store.revoke('all', NOW)
    near.lose()
    expect(await near.store.load(id, 'all', NOW)).toBeUndefined()
  })
})

describe('options', () => {
  const { open } = sharedStore()
  it.each([
    [{ maxSessions: 0 }, '`cache.maxSessions`'],
    [{ maxSessions: 1.5 }, '`cache.maxSessions`'],
    [{ maxAge: 0 }, '`cache.maxAge`'],
    [{ maxAge: 61 }, '`cache.maxAge`'],
    [{ maxAge: Number.NaN }, '`cache.maxAge`'],
    [{ strict: 1 }, '`cache.strict`'],
    [{ onStatus: 'log' }, '`cache.onStatus`'],
    [{ ttl: 5 }, '`ttl`'],
    [null, '`cache`'],
  ])('refuses %o', (options, name) => {
    expect(() => open(options as never)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
    expect(() => open(options as never)).toThrow(name)
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
      async connect() {
        log.push('connect')
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
    expect(log).toEqual(['connect', 'connect', 'close'])
    await store.close()
  })

  it('is sought less and less often, and not any more after the end', async () => {
    const { store } = open()
    link = async () => {
      throw new Error('refused')
    }
    await store.load(newSession(null).id, 'header', NOW)
    await vi.advanceTimersByTimeAsync(60_000)
    const attempts = log.length
    expect(attempts).toBeGreaterThan(25)
    expect(attempts).toBeLessThan(40)
    await store.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(log).toHaveLength(attempts)
  })
})
