// How is a Redis store set up?
import type { CacheOptions } from '../../engine/cache/cache-options.ts'
import { refuseUnknown } from '../../engine/check.ts'
import { invalidOption } from '../../engine/error.ts'
import type { Seconds } from '../../engine/time.ts'
import type { RedisClient } from './redis-client.ts'

/** How sessions are kept in Redis. */
export interface RedisStoreOptions {
  readonly client: RedisClient
  /** How all keys begin. Default: `sojourn`. Without braces. */
  readonly prefix?: string
  /**
   * How many replicas must have a write before it counts.
   *
   * Default: for revocations, deletions, changes of a user's version and new secrets, 1 where the master has any replica. A number asks
   * for that many replicas, always; `0` never waits. `'all-writes'` is the default rule for every write: no acknowledged change is lost
   * when a master fails.
   */
  readonly waitReplicas?: number | 'all-writes'
  /**
   * How long to wait for them. The change is made all the same; it is answered with `ERR_STORE_UNAVAILABLE`, applied `unknown`, because
   * a failover could undo it.
   *
   * Unit: seconds. Default: `1`.
   */
  readonly waitTimeout?: Seconds
  /**
   * Answers sessions from the memory of this process, for as long as the servers tell it what changes: a connection of its own to each
   * master, with client tracking. Default: none. Not with `createSentinel` of node-redis.
   */
  readonly cache?: CacheOptions
}

const OPTIONS = ['client', 'prefix', 'waitReplicas', 'waitTimeout', 'cache']

function isOptions(options: RedisClient | RedisStoreOptions): options is RedisStoreOptions {
  return (
    typeof options === 'object' &&
    options !== null &&
    'client' in options &&
    !('callBuffer' in options) &&
    !('sendCommand' in options)
  )
}

/** @throws {SojournError} `ERR_OPTION_INVALID` naming what is wrong. */
export function checked(
  given: RedisClient | RedisStoreOptions,
): Required<Omit<RedisStoreOptions, 'waitReplicas' | 'cache'>> & Pick<RedisStoreOptions, 'waitReplicas' | 'cache'> {
  const options = isOptions(given) ? given : { client: given }
  refuseUnknown('options', options, OPTIONS)
  const { client, prefix = 'sojourn', waitReplicas, waitTimeout = 1, cache } = options
  if (typeof prefix !== 'string' || !/^[^{}]+$/.test(prefix)) throw invalidOption('prefix', 'must be text without braces')
  if (waitReplicas !== undefined && waitReplicas !== 'all-writes' && !(Number.isInteger(waitReplicas) && waitReplicas >= 0)) {
    throw invalidOption('waitReplicas', "must be a whole number or 'all-writes'")
  }
  if (!(waitTimeout > 0 && Number.isFinite(waitTimeout)))
    throw invalidOption('waitTimeout', 'must be a positive number of seconds')
  return {
    client,
    prefix,
    waitTimeout,
    ...(waitReplicas === undefined ? {} : { waitReplicas }),
    ...(cache === undefined ? {} : { cache }),
  }
}
