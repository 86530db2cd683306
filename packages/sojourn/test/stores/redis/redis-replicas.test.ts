// Do revocations wait until a replica has them, and what if none comes along?
import type { SessionStore } from 'sojourn'
import { type RedisStoreOptions, redisStore } from 'sojourn/redis'
import { describe, expect, it } from 'vitest'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { command, describeWith, REDIS, statistics } from '../../support/redis.ts'
import { connectSingle } from '../../support/redis-clients.ts'
import { startPair } from '../../support/redis-pair.ts'
import { throughout } from '../../support/throughout.ts'

const UNCONFIRMED = { code: 'ERR_STORE_UNAVAILABLE', applied: 'unknown' }

describeWith(REDIS, 'a Redis master with a replica', (kind) => {
  const pair = throughout(() => startPair(kind), 'stop')
  const waits = async () => (await statistics(pair().master.port)).calls.get('wait') ?? 0

  describe.each(['ioredis', 'node-redis'] as const)('with %s', (library) => {
    const open = throughout(() => connectSingle(library, pair().master.port), 'close')

    async function withStore(
      options: Omit<RedisStoreOptions, 'client'>,
      run: (store: SessionStore) => Promise<void>,
    ): Promise<void> {
      const store = redisStore({ client: open().client, ...options })
      try {
        await run(store)
      } finally {
        await store.close()
      }
    }

    /** Every call whose effect must not come undone. */
    const lasting = (store: SessionStore): Record<string, () => Promise<unknown>> => {
      const owner = principal()
      const session = newSession(owner)
      return {
        delete: () => store.delete(session.id, NOW),
        revoke: () => store.revoke({ principal: owner }, NOW),
        'revoke all': () => store.revoke('all', NOW),
        bump: () => store.bump(owner),
      }
    }

    it('refuses to open on the replica, which may not know who was logged out', async () => {
      await withStore({}, (store) => store.bump(principal()))
      await pair().follows()
      const replica = await connectSingle(library, pair().replica.port)
      await expect(redisStore(replica.client).counters(principal())).rejects.toMatchObject({
        code: 'ERR_STORE_UNAVAILABLE',
        cause: { message: expect.stringContaining('READONLY') },
      })
      replica.close()
    })

    it('ends a session on a master that is full, and has it confirmed', async () => {
      await withStore({}, async (store) => {
        const session = newSession(principal())
        await store.create(session)
        const before = await waits()
        await command(pair().master.port, 'CONFIG', 'SET', 'maxmemory', '1')
        try {
          expect(await store.delete(session.id, NOW, NOW + 1000)).toBe(true)
        } finally {
          await command(pair().master.port, 'CONFIG', 'SET', 'maxmemory', '0')
        }
        expect(await waits()).toBe(before + 1)
        expect(await store.load(session.id, 'all', NOW)).toBe('ended')
      })
    })

    it('makes lasting changes wait, and no others', async () => {
      await withStore({}, async (store) => {
        const session = newSession(principal())
        let before = await waits()
        await store.create(session)
        await store.update(session.id, { attributes: [{ name: 'a', when: 'always', value: '1' }] }, NOW)
        expect(await waits()).toBe(before)
        await store.update(session.id, { header: { secretHash: 'next' } }, NOW)
        expect(await waits()).toBe(before + 1)
        for (const [name, call] of Object.entries(lasting(store))) {
          before = await waits()
          await call()
          expect(await waits(), name).toBeGreaterThan(before)
        }
      })
    })

    it('says so when no replica confirms in time, while everybody else goes on', async () => {
      await withStore({ waitTimeout: 0.2 }, async (store) => {
        const session = newSession(principal())
        await store.create(session)
        pair().replica.signal('SIGSTOP')
        try {
          for (const [name, call] of Object.entries(lasting(store))) {
            if (name === 'revoke all') continue
            await expect(call(), name).rejects.toMatchObject(UNCONFIRMED)
          }
          const stuck = Promise.allSettled(Array.from({ length: 20 }, () => store.delete(newSession(null).id, NOW)))
          for (let reads = 0; reads < 20; reads += 1) await alive(store, session.id, NOW)
          expect((await store.update(session.id, { attributes: [{ name: 'a', when: 'always', value: '1' }] }, NOW)).outcome).toBe(
            'done',
          )
          expect((await stuck).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'rejected'))
        } finally {
          pair().replica.signal('SIGCONT')
        }
        await pair().follows()
        expect(await store.delete(session.id, NOW)).toBe(true)
      })
    })

    it('makes every write wait where that is asked for', async () => {
      const waitReplicas = 'all-writes'
      const session = newSession(principal())
      await withStore({ waitReplicas }, async (store) => {
        expect((await store.create(session)).outcome).toBe('done')
      })
      await withStore({ waitReplicas, waitTimeout: 0.2 }, async (store) => {
        pair().replica.signal('SIGSTOP')
        try {
          const change = { attributes: [{ name: 'a', when: 'always', value: '1' }] } as const
          await expect(store.update(session.id, change, NOW)).rejects.toMatchObject(UNCONFIRMED)
        } finally {
          pair().replica.signal('SIGCONT')
        }
        await pair().follows()
      })
    })

    it('asks for as many as it is told to, or none', async () => {
      await withStore({ waitReplicas: 2 }, async (store) => {
        for (const [name, call] of Object.entries(lasting(store))) await expect(call(), name).rejects.toMatchObject(UNCONFIRMED)
      })
      await withStore({ waitReplicas: 0 }, async (store) => {
        const before = await waits()
        for (const call of Object.values(lasting(store))) await call()
        expect(await waits()).toBe(before)
      })
    })
  })
})
