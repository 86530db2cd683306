// Does the store go on when connections to Redis go silent without being ended, while new ones would be well?
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { type RedisClient, redisStore } from 'sojourn/redis'
import { describe, expect, it } from 'vitest'
import { createDeadline, withDeadline } from '../../../src/engine/deadline.ts'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { faultProxy } from '../../support/fault-proxy.ts'
import { describeWith, REDIS } from '../../support/redis.ts'
import { connectSingle } from '../../support/redis-clients.ts'
import { startPair } from '../../support/redis-pair.ts'
import { throughout } from '../../support/throughout.ts'

describeWith(REDIS, 'connections to Redis that went silent', (kind) => {
  const pair = throughout(() => startPair(kind), 'stop')
  const proxy = throughout(() => faultProxy(pair().master.port), 'close')

  /** The clients of the guide, with what it tells to do against silence. */
  const CLIENTS: Record<'ioredis' | 'node-redis', () => Promise<{ client: RedisClient; close(): void }>> = {
    async ioredis() {
      const client = new Redis({
        ...socket(),
        connectTimeout: 1000,
        socketTimeout: 3000,
        maxRetriesPerRequest: 20,
        retryStrategy,
      })
      client.on('error', () => undefined)
      return { client, close: () => client.disconnect() }
    },
    async 'node-redis'() {
      const client = createClient({ socket: { ...socket(), connectTimeout: 1000, reconnectStrategy: retryStrategy } })
      client.on('error', () => undefined)
      await client.connect()
      const watch = async () => {
        const answer = client.ping().then(
          () => true,
          () => true, // refused is not silent: the client sees to that
        )
        if (await Promise.race([answer, delay(3000, false)])) return
        client.destroy()
        await client.connect()
      }
      const timer = setInterval(() => void watch().catch(() => undefined), 5000)
      return {
        client,
        close() {
          clearInterval(timer)
          client.destroy()
        },
      }
    },
  }
  const socket = () => ({ host: '127.0.0.1', port: proxy().port })
  const retryStrategy = (attempt: number) => Math.min(100 * attempt, 500)

  describe.each(['ioredis', 'node-redis'] as const)('with %s', (library) => {
    it('goes on without a restart, with the settings of the guide', async () => {
      const { client, close } = await CLIENTS[library]()
      const patient = redisStore(client)
      const store = withDeadline(patient, createDeadline(1))
      try {
        const session = newSession(principal())
        await patient.create(session)
        proxy().silence()
        await expect(store.load(session.id, 'all', NOW)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
        const load = () => store.load(session.id, 'all', NOW).catch(() => undefined)
        await expect.poll(load, { timeout: 15_000 }).toMatchObject({ id: session.id })
        await patient.delete(session.id, NOW)
      } finally {
        await store.close()
        close()
      }
    })

    it('a connection that waits for replicas and went silent fails those who wait over it, and nobody after them', async () => {
      const { client, close } = await connectSingle(library, proxy().port)
      const store = redisStore(client)
      try {
        const owner = principal()
        await store.bump(owner) // opens the connection that waits
        proxy().silence(1)
        const session = newSession(owner)
        expect((await store.create(session)).outcome).toBe('done') // waits for nobody
        const [first, ...others] = await Promise.allSettled([store.bump(owner), store.delete(session.id, NOW), store.bump(owner)])
        expect(first).toMatchObject({ status: 'rejected', reason: { code: 'ERR_STORE_UNAVAILABLE', applied: 'unknown' } })
        expect(others).toEqual([
          { status: 'fulfilled', value: true },
          { status: 'fulfilled', value: undefined },
        ])
        await store.revoke({ principal: owner }, NOW)
        await store.delete(newSession(owner).id, NOW)
        expect(await store.counters(owner)).toMatchObject({ generation: 1 })
      } finally {
        await store.close()
        close()
      }
    })
  })
})
