// Does the Redis store with a cache keep every promise of a session store, on a single server and on a Cluster, through either library?
import type { SessionStore } from 'sojourn'
import { type RedisClient, redisStore } from 'sojourn/redis'
import { sessionStoreConformance } from 'sojourn/testing'
import { describe, expect, it } from 'vitest'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { holdTo, SESSION_CASES } from '../../support/conformance.ts'
import { describeWith, REDIS } from '../../support/redis.ts'
import { connectTwo, TOPOLOGIES } from '../../support/redis-clients.ts'
import { stoppable } from '../../support/redis-stopped.ts'
import { counted } from '../../support/redis-trips.ts'
import { count } from '../../support/scale.ts'
import { throughout } from '../../support/throughout.ts'
import { compareRuns } from '../session-store-runs.ts'
import { cacheOf, connected, settling } from './settling.ts'

for (const layout of ['single server', 'Cluster'] as const) {
  describeWith(REDIS, `cached sessions in Redis, ${layout}`, (kind) => {
    const topology = throughout(() => TOPOLOGIES[layout](kind), 'stop')

    describe.each(['ioredis', 'node-redis'] as const)('with %s', (library) => {
      const clients = throughout(() => connectTwo(() => topology().connect(library)), 'close')
      let opened = 0
      const open = (client: RedisClient, prefix: string, strict: boolean): SessionStore =>
        redisStore({ client, prefix, cache: { strict } })
      const next = () => {
        opened += 1
        return `${library}-${opened}`
      }

      const ways = [
        { name: 'as the news come', strict: false, wait: settling },
        { name: 'strictly', strict: true, wait: connected },
      ]
      const isFull = count({ full: 1, quick: 0 }) === 1
      const isTried = (strict: boolean) => isFull || !strict || (layout === 'single server' && library === 'ioredis')
      for (const { name, strict, wait } of ways.filter(({ strict }) => isTried(strict))) {
        const cases = sessionStoreConformance({
          sweepTells: 'some',
          cached: strict ? 'strict' : true,
          races: count({ full: 50, quick: 10 }),
          async open() {
            const prefix = next()
            const [one, two] = clients().both
            const { client, trips } = counted(one.client)
            const settled = await wait(open(client, prefix, strict), trips)
            const { store, outage } = stoppable(settled.store, topology())
            return {
              store,
              another: async () => (await wait(open(two.client, prefix, strict))).store,
              countRoundTrips: () => trips() - settled.unasked(),
              outage: settled.through(outage),
              close: () => store.close(),
            }
          },
        })
        describe(name, () => {
          holdTo(cases, SESSION_CASES)
        })
      }

      it('answers random calls as the model does', async () => {
        const run = async () => {
          const { store } = await connected(open(clients().both[0].client, next(), false))
          return { store, close: () => store.close() }
        }
        await compareRuns(run, count({ full: 500, quick: 10 }))
      })
    })
  })
}

describeWith(REDIS, 'cached sessions in Redis, Sentinel', (kind) => {
  const topology = throughout(() => TOPOLOGIES.Sentinel(kind), 'stop')

  it('are kept coherent through ioredis', async () => {
    const [one, two] = [await topology().connect('ioredis'), await topology().connect('node-redis')]
    const { store: near } = await connected(redisStore({ client: one.client, cache: {} }))
    const far = redisStore(two.client)
    const session = newSession(principal())
    await far.create(session)
    await cacheOf(near).settled()
    await alive(near, session.id, NOW)
    expect(cacheOf(near).size()).toBe(1)
    await far.delete(session.id, NOW)
    await cacheOf(near).settled()
    expect(await near.load(session.id, 'all', NOW)).toBeUndefined()
    await near.close()
    for (const { close } of [one, two]) close()
  })

  it('are refused through `createSentinel` of node-redis, which leads to no server in particular', async () => {
    const { client, close } = await topology().connect('node-redis')
    expect(() => redisStore({ client, cache: {} })).toThrow('`cache` does not work with `createSentinel` of node-redis')
    close()
  })
})
