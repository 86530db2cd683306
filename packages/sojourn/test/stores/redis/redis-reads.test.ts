// What does a load answer when sessions are ended or spared between its two reads?
import { Redis } from 'ioredis'
import { type RedisClient, redisStore } from 'sojourn/redis'
import { expect, it } from 'vitest'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { describeWith, REDIS, startServer } from '../../support/redis.ts'
import { throughout } from '../../support/throughout.ts'

describeWith(REDIS, 'between the reads of a load', (kind) => {
  const server = throughout(() => startServer(kind), 'stop')
  const client = throughout(() => new Redis(server().port), 'disconnect')

  /** The same client, but before the counters are read something happens, once. */
  function interrupted(happens: () => Promise<unknown>): RedisClient {
    let isDone = false
    const connection: RedisClient = {
      isCluster: false,
      options: {},
      pipeline: () => client().pipeline(),
      duplicate: () => client().duplicate(),
      disconnect: () => undefined,
      on: () => undefined,
      async callBuffer(name: string, ...args: (string | Buffer)[]) {
        if (name === 'HMGET' && String(args[0]).endsWith('}:c') && !isDone) {
          isDone = true
          await happens()
        }
        return await client().callBuffer(name, ...args)
      },
    }
    return connection
  }

  it.each([
    ['is revoked', 'dead', undefined],
    ['is spared by a revocation', 'alive', 'itself'],
    ['is not the one that a revocation spares', 'dead', 'another'],
  ] as const)('a session that %s is %s', async (_, expected, except) => {
    const store = redisStore(client())
    const owner = principal()
    const [session, another] = [newSession(owner), newSession(owner)]
    await store.create(session)
    await store.create(another)
    const spared = except === undefined ? {} : { except: except === 'itself' ? session.id : another.id }
    const reader = redisStore(interrupted(() => store.revoke({ principal: owner, ...spared }, NOW)))
    const loaded = await reader.load(session.id, 'all', NOW)
    expect(typeof loaded === 'object' ? 'alive' : 'dead').toBe(expected)
  })
})
