// Does the store go on when connections to Redis go silent without being ended, while new ones would be well?
import { redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { type FaultProxy, faultProxy } from '../../support/fault-proxy.ts'
import { command, describeWith, REDIS, type RedisServer, startServer, until } from '../../support/redis.ts'
import { connectSingle } from '../../support/redis-clients.ts'

describeWith(REDIS, 'connections to Redis that went silent', (kind) => {
  let master: RedisServer
  let replica: RedisServer
  let proxy: FaultProxy

  beforeAll(async () => {
    master = await startServer(kind)
    replica = await startServer(kind, '--replicaof', '127.0.0.1', String(master.port))
    proxy = await faultProxy(master.port)
    await until('a replica', async () => String(await command(master.port, 'INFO', 'replication')).includes('state=online'))
  })
  afterAll(async () => {
    await proxy.close()
    await replica.stop()
    await master.stop()
  })

  describe.each(['ioredis', 'node-redis'] as const)('with %s', (library) => {
    it('a connection that waits for replicas and went silent fails those who wait over it, and nobody after them', async () => {
      const { client, close } = await connectSingle(library, proxy.port)
      const store = redisStore(client)
      try {
        const owner = principal()
        await store.bump(owner) // opens the connection that waits
        proxy.silence(1)
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
