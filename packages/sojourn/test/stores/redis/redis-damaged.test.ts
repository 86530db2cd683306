// What becomes of a session in Redis that cannot be read, and of all others?
import { Redis } from 'ioredis'
import { redisStore } from 'sojourn/redis'
import { expect, it } from 'vitest'
import { HOUR, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { describeWith, REDIS, startServer } from '../../support/redis.ts'
import { throughout } from '../../support/throughout.ts'

/** Fields of a session and something that they never hold. */
const DAMAGES = [
  ['c', '1796000000000'],
  ['c', 'soon,1,'],
  ['e', 'later'],
  ['g', 'x'],
  ['a', 'never'],
  ['d', '['],
] as const

/** Those without which nobody can tell how long it lives. */
const UNDATED = DAMAGES.filter(([field]) => field === 'c' || field === 'e')

describeWith(REDIS, 'a damaged session in Redis', (kind) => {
  const server = throughout(() => startServer(kind), 'stop')
  const client = throughout(() => new Redis(server().port), 'disconnect')

  /** An empty store, and in it a session of which one field holds something else. */
  async function damaged(prefix: string, field: string, value: string) {
    await client().flushall()
    const store = redisStore({ client: client(), prefix })
    const owner = principal()
    const session = newSession(owner)
    await store.create(session)
    const [key = ''] = await client().keys(`${prefix}:*:s:${session.id}`)
    await client().hset(key, field, value)
    return { store, owner, session }
  }

  it.each(DAMAGES)('is called corrupt where its field %s is %j, not ended, by whoever reads it', async (field, value) => {
    const { store, session } = await damaged('read', field, value)
    await expect(store.load(session.id, 'all', NOW)).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT' })
    await expect(store.list({ limit: 10 }, NOW)).rejects.toThrow(session.id)
  })

  it.each(UNDATED)('is called corrupt where its field %s is %j by whoever changes it', async (field, value) => {
    const { store, owner, session } = await damaged('change', field, value)
    const touch = { header: { expiresAt: NOW + 2 * HOUR } }
    for (const change of [touch, { attributes: [{ name: 'a', when: 'always', value: '1' }] as const }]) {
      await expect(store.update(session.id, change, NOW)).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT' })
    }
    expect((await store.create(session)).outcome).toBe('exists')
    await store.revoke({ principal: owner, except: session.id }, NOW)
  })

  it.each(UNDATED)('can be ended where its field %s is %j', async (field, value) => {
    const { store, session } = await damaged('end', field, value)
    expect(await store.delete(session.id, NOW)).toBe(false)
    expect(await store.list({ limit: 10 }, NOW)).toEqual({ items: [] })
    expect(await store.load(session.id, 'all', NOW)).toBeUndefined()
    // Nor is it left in the index, whosever it was.
    expect(await store.sweep(NOW, 10)).toEqual({ removed: 0, ended: [], more: false })
  })

  it.each(UNDATED)('keeps no sweep from the others where its field %s is %j', async (field, value) => {
    const { store } = await damaged('sweep', field, value)
    const others = Array.from({ length: 50 }, () => newSession(null))
    for (const other of others) await store.create(other)
    const lasting = newSession(null, { expiresAt: NOW + 3 * HOUR, absoluteAt: NOW + 3 * HOUR })
    await store.create(lasting)
    let removed = 0
    for (let more = true; more; ) {
      const sweep = await store.sweep(NOW + 2 * HOUR, 7)
      removed += sweep.removed
      more = sweep.more
    }
    expect(removed).toBe(50)
    expect(await alive(store, lasting.id, NOW + 2 * HOUR)).toMatchObject({ id: lasting.id })
  })
})
