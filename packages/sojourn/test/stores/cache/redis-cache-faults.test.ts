// Does a cache before Redis ride out every fault of its connection, and see what is done past every store?
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { type CacheOptions, redisStore } from 'sojourn/redis'
import { describe, expect, it } from 'vitest'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { command, describeWith, REDIS, startServer } from '../../support/redis.ts'
import { throughout } from '../../support/throughout.ts'
import { tryFaults } from './fault-runs.ts'
import { cacheOf } from './settling.ts'

describeWith(REDIS, 'a cache before Redis', (kind) => {
  const server = throughout(() => startServer(kind), 'stop')
  const direct = throughout(() => new Redis(server().port), 'disconnect')
  const other = () => redisStore({ client: direct() })

  describe('through ioredis', () => {
    const open = async (port: number, cache: CacheOptions) => {
      const client = new Redis(server().port)
      const duplicate = client.duplicate.bind(client)
      client.duplicate = (override) => duplicate({ ...override, port })
      const store = redisStore({ client, cache })
      return {
        store,
        async close() {
          await store.close()
          client.disconnect()
        },
      }
    }
    tryFaults(open, other, server)
  })

  describe('through node-redis', () => {
    const open = async (port: number, cache: CacheOptions) => {
      const client = createClient({ socket: { host: '127.0.0.1', port: server().port } })
      const duplicate = client.duplicate.bind(client)
      client.duplicate = ((override: { socket: object }) =>
        duplicate({ ...override, socket: { ...override.socket, port } } as never)) as typeof client.duplicate
      await client.connect()
      const store = redisStore({ client, cache })
      return {
        store,
        async close() {
          await store.close()
          client.destroy()
        },
      }
    }
    tryFaults(open, other, server)
  })

  it('forgets what is removed past every store', async () => {
    const store = redisStore({ client: direct(), prefix: 'past', cache: {} })
    await cacheOf(store).settled()
    const sessions = [newSession(null), newSession(null)]
    for (const session of sessions) {
      await store.create(session)
      await alive(store, session.id, NOW)
    }
    const [key = ''] = await direct().keys(`past:*${sessions[0]?.id}`)
    await direct().del(key)
    await cacheOf(store).settled()
    expect(await store.load(sessions[0]!.id, 'all', NOW)).toBeUndefined()
    await alive(store, sessions[1]!.id, NOW)
    await command(server().port, 'FLUSHALL')
    await cacheOf(store).settled()
    expect(await store.load(sessions[1]!.id, 'all', NOW)).toBeUndefined()
    await store.close()
  })

  it('sees the keys of a client that has a prefix of its own', async () => {
    const client = new Redis(server().port, { keyPrefix: 'mine:' })
    const [store, second] = [redisStore({ client, cache: {} }), redisStore({ client })]
    await cacheOf(store).settled()
    const session = newSession(principal())
    await second.create(session)
    await cacheOf(store).settled()
    await alive(store, session.id, NOW)
    expect(cacheOf(store).size()).toBe(1)
    await second.revoke('all', NOW)
    await cacheOf(store).settled()
    expect(await store.load(session.id, 'all', NOW)).toBeUndefined()
    await store.close()
    client.disconnect()
  })
})
