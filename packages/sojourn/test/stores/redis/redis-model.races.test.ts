// Does the Redis store answer random calls as the reference model does?
import { redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, it } from 'vitest'
import { describeWith, REDIS } from '../../support/redis.ts'
import { type OpenClient, TOPOLOGIES, type Topology } from '../../support/redis-clients.ts'
import { count } from '../../support/scale.ts'
import { compareRuns } from '../session-store-runs.ts'

for (const layout of ['single server', 'Cluster'] as const) {
  describeWith(REDIS, `random calls on Redis, ${layout}`, (kind) => {
    let topology: Topology
    let open: OpenClient
    let opened = 0

    beforeAll(async () => {
      topology = await TOPOLOGIES[layout](kind)
      open = await topology.connect('ioredis')
    })
    afterAll(async () => {
      open.close()
      await topology.stop()
    })

    it('are answered as by the model', { timeout: 600_000 }, async () => {
      await compareRuns(
        async () => {
          opened += 1
          const store = redisStore({ client: open.client, prefix: `run${opened}` })
          return { store, close: () => store.close() }
        },
        count({ full: 2000, quick: 40 }),
      )
    })
  })
}
