// Does the Redis store keep the promises of a session store, on every kind of server and with every client?
import { redisStore } from 'sojourn/redis'
import { sessionStoreConformance } from 'sojourn/testing'
import { describe } from 'vitest'
import { holdTo, SESSION_CASES } from '../../support/conformance.ts'
import { describeWith, REDIS, VALKEY } from '../../support/redis.ts'
import { connectTwo, TOPOLOGIES } from '../../support/redis-clients.ts'
import { stoppable } from '../../support/redis-stopped.ts'
import { counted } from '../../support/redis-trips.ts'
import { count } from '../../support/scale.ts'
import { throughout } from '../../support/throughout.ts'

for (const [kind, name] of [
  [REDIS, 'Redis'],
  [VALKEY, 'Valkey'],
] as const) {
  for (const [layout, start] of Object.entries(TOPOLOGIES)) {
    describeWith(kind, `sessions in ${name}, ${layout}`, (kind) => {
      const topology = throughout(() => start(kind), 'stop')

      describe.each(['ioredis', 'node-redis'] as const)('with %s', (library) => {
        const clients = throughout(() => connectTwo(() => topology().connect(library)), 'close')
        let opened = 0

        const cases = sessionStoreConformance({
          sweepTells: 'some',
          races: count({ full: 100, quick: 20 }),
          async open() {
            opened += 1
            const prefix = `${library}-${opened}`
            const [one, two] = clients().both
            const own = counted(one.client)
            const { store, outage } = stoppable(redisStore({ client: own.client, prefix }), topology())
            return {
              store,
              another: async () => redisStore({ client: two.client, prefix }),
              countRoundTrips: own.trips,
              outage,
              close: () => store.close(),
            }
          },
        })
        holdTo(cases, SESSION_CASES)
      })
    })
  }
}
