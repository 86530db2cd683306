// What does a second application process with a cache see of a session? Each message asks, and is answered with `live`, `memory` or `dead`.
//
// Arguments: `redis` and a port, or `postgres` and a URL. Messages: the id of a session, an instant, and whether to wait for the news first.
import { Redis } from 'ioredis'
import postgres from 'postgres'
import type { SessionStore } from '../../../src/engine/store.ts'
import { postgresStore } from '../../../src/postgres.ts'
import { redisStore } from '../../../src/redis.ts'
import { cacheOf } from './settling.ts'

const [kind, server = ''] = process.argv.slice(2)

function open(): { readonly store: SessionStore; end(): Promise<void> } {
  if (kind === 'redis') {
    const client = new Redis(Number(server))
    return { store: redisStore({ client, prefix: 'processes', cache: {} }), end: async () => client.disconnect() }
  }
  const client = postgres(server, { max: 2, fetch_types: false })
  return { store: postgresStore({ client, prefix: 'processes', cache: {} }).sessions, end: () => client.end() }
}

const { store, end } = open()
const cache = cacheOf(store)
await cache.settled()
process.on('message', async ({ id, now, isSettled }: { id: string; now: number; isSettled: boolean }) => {
  if (isSettled) await cache.settled()
  const before = cache.size()
  const session = await store.load(id, 'all', now)
  process.send?.(typeof session !== 'object' ? 'dead' : cache.size() === before ? 'memory' : 'live')
})
process.on('disconnect', async () => {
  await store.close()
  await end()
})
process.send?.('ready')
