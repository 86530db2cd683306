// Which exports belong to `sojourn/redis`?
export type { CacheOptions, CacheStatus } from './engine/cache/cache-options.ts'
export type { RedisClient } from './stores/redis/redis-client.ts'
export type { IoRedisClient } from './stores/redis/redis-ioredis.ts'
export type { NodeRedisClient, NodeRedisCluster, NodeRedisSentinel } from './stores/redis/redis-node-redis.ts'
export type { RedisFinding } from './stores/redis/redis-open.ts'
export type { RedisStoreOptions } from './stores/redis/redis-options.ts'
export { redisFindings, redisStore } from './stores/redis/redis-store.ts'
