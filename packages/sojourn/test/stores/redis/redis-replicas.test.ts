// Do revocations wait until a replica has them, and what if none comes along?
import type { SessionStore } from 'sojourn'
import { type RedisStoreOptions, redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { command, describeWith, REDIS, type RedisServer, startServer, statistics, until } from '../../support/redis.ts'
import { connectSingle, type OpenClient } from '../../support/redis-clients.ts'

const UNCONFIRMED = { code: 'ERR_STORE_UNAVAILABLE', applied: 'unknown' }

describeWith(REDIS, 'a Redis master with a replica', (kind) => {
  let master: RedisServer
  let replica: RedisServer

  beforeAll(async () => {
    master = await startServer(kind)
    replica = await startServer(kind, '--replicaof', '127.0.0.1', String(master.port))
    await follows()
  })
  afterAll(async () => {
    await replica.stop()
    await master.stop()
  })

  const follows = () =>
    until('a replica', async () => String(await command(master.port, 'INFO', 'replication')).includes('state=online'))
  const waits = async () => (await statistics(master.port)).calls.get('wait') ?? 0

  describe.each(['ioredis', 'node-redis'] as const)('with %s', (library) => {
    let open: OpenClient
    beforeAll(async () => {
      open = await connectSingle(library, master.port)
    })
    afterAll(() => open.close())

    async function withStore(
      options: Omit<RedisStoreOptions, 'client'>,
      run: (store: SessionStore) => Promise<void>,
    ): Promise<void> {
      const store = redisStore({ client: open.client, ...options })
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
        replica.signal('SIGSTOP')
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
          replica.signal('SIGCONT')
        }
        await follows()
        expect(await store.delete(session.id, NOW)).toBe(true)
      })
    })

    it('makes every write wait where that is asked for', async () => {
      await withStore({ waitReplicas: 'all-writes', waitTimeout: 0.2 }, async (store) => {
        const session = newSession(principal())
        expect((await store.create(session)).outcome).toBe('done')
        replica.signal('SIGSTOP')
        try {
          const change = { attributes: [{ name: 'a', when: 'always', value: '1' }] } as const
          await expect(store.update(session.id, change, NOW)).rejects.toMatchObject(UNCONFIRMED)
        } finally {
          replica.signal('SIGCONT')
        }
        await follows()
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
