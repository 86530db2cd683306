// Does the Redis store answer random calls as the reference model does, on every kind of server and with every client?
import { redisStore } from 'sojourn/redis'
import { it } from 'vitest'
import { describeWith, REDIS, VALKEY } from '../../support/redis.ts'
import { type Library, type OpenClient, TOPOLOGIES } from '../../support/redis-clients.ts'
import { count } from '../../support/scale.ts'
import { throughout } from '../../support/throughout.ts'
import { compareRuns } from '../session-store-runs.ts'

/** How many runs a pair of client and layout is given: most where nothing but the store is tried, fewer where others differ from it. */
const MANY = count({ full: 2000, quick: 40 })
const FEW = count({ full: 150, quick: 10 })
const RUNS: Readonly<Record<keyof typeof TOPOLOGIES, Readonly<Record<Library, number>>>> = {
  'single server': { ioredis: MANY, 'node-redis': FEW },
  Cluster: { ioredis: MANY, 'node-redis': FEW },
  Sentinel: { ioredis: FEW, 'node-redis': FEW },
}

for (const [kind, name] of [
  [REDIS, 'Redis'],
  [VALKEY, 'Valkey'],
] as const) {
  for (const [layout, start] of Object.entries(TOPOLOGIES)) {
    describeWith(kind, `random calls on ${name}, ${layout}`, (kind) => {
      const topology = throughout(() => start(kind), 'stop')
      let opened = 0

      for (const [library, most] of Object.entries(RUNS[layout as keyof typeof RUNS]) as [Library, number][]) {
        const runs = kind === VALKEY ? Math.min(most, FEW) : most
        it(`are answered as by the model, ${runs} times with ${library}`, async () => {
          const open: OpenClient = await topology().connect(library)
          try {
            await compareRuns(async () => {
              opened += 1
              const store = redisStore({ client: open.client, prefix: `run${opened}` })
              return { store, close: () => store.close() }
            }, runs)
          } finally {
            open.close()
          }
        })
      }
    })
  }
}
