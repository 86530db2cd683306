// Which Redis clients does the store take?
import { invalidOption } from '../../engine/error.ts'
import { type IoRedisClient, ioRedisLink } from './redis-ioredis.ts'
import type { RedisLink } from './redis-link.ts'
import { type NodeRedisClient, type NodeRedisCluster, type NodeRedisSentinel, nodeRedisLink } from './redis-node-redis.ts'

/**
 * A client of [ioredis](https://www.npmjs.com/package/ioredis) (single server, Sentinel or Cluster) or of
 * [redis](https://www.npmjs.com/package/redis) (`createClient`, `createSentinel` or `createCluster`, connected).
 *
 * It stays yours: the store neither opens nor closes it. Where replicas must confirm a write, the store opens a duplicate for that, once.
 *
 * Settings that notice a connection that went silent: `socketTimeout: 3000` of ioredis; node-redis has to be watched, see the guide.
 *
 * Settings that ride out a failover: ioredis Cluster with `maxRedirections: 64`, `retryDelayOnFailover: 100`, `slotsRefreshInterval: 2000`;
 * node-redis Cluster with `topologyRefreshOnReconnectionAttemptStrategy: 250`; node-redis Sentinel with `reserveClient: true`, without
 * which it sends one command at a time. Reads go to masters: an ioredis client with another `scaleReads` is refused.
 */
export type RedisClient = IoRedisClient | NodeRedisClient | NodeRedisCluster | NodeRedisSentinel

/** @throws {SojournError} `ERR_OPTION_INVALID` when it is none of these clients, or one that reads from replicas. */
export function linkOf(client: RedisClient): RedisLink {
  if (typeof client !== 'object' || client === null) throw invalidOption('client', 'must be an ioredis or node-redis client')
  if ('callBuffer' in client) return ioRedisLink(client)
  if ('sendCommand' in client) return nodeRedisLink(client)
  throw invalidOption('client', 'must be an ioredis or node-redis client')
}
