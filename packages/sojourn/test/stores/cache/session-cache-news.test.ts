// Does a cache heed every change, by others and by itself, before it answers again?
import type { SessionStore } from 'sojourn'
import { describe, expect, it, vi } from 'vitest'
import { attributes, HOUR, NOW, newSession } from '../../../src/testing/sessions/builders.ts'
import { valuesOf } from '../../../src/testing/sessions/chapter.ts'
import { askedFor, owner, set, two } from './two-fronts.ts'

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
