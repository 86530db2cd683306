// When does a cache answer from memory, when does it ask the store, and what does it never do?
import { describe, expect, it, vi } from 'vitest'
import { attribute, attributes, HOUR, MINUTE, NOW, newSession, SECOND } from '../../../src/testing/sessions/builders.ts'
import { valuesOf } from '../../../src/testing/sessions/chapter.ts'
import { sharedStore } from './manual-channel.ts'
import { askedFor, owner, set, two } from './two-fronts.ts'

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
    const names = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`${at}${'n'.repeat(180)}`, '']))
    for (const values of [{ large: 'x'.repeat(70_000) }, names]) {
      const large = newSession(owner, { attributes: attributes({ v: '0', ...values }) })
      await plain.create(large)
      await near.store.load(large.id, 'all', NOW)
      const reads = vi.spyOn(plain, 'load')
      expect(await near.store.load(large.id, ['v'], NOW)).toEqual(await plain.load(large.id, ['v'], NOW))
      expect(reads.mock.calls.map(([, want]) => want)).toEqual([['v'], ['v']])
      reads.mockRestore()
    }
    const size = near.cache.size()
    await plain.delete(newSession(owner).id, NOW, NOW + HOUR)
    for (const id of [newSession(owner).id, newSession(null).id]) expect(await near.store.load(id, 'all', NOW)).toBeUndefined()
    expect(near.cache.size()).toBe(size)
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
