// How is Redis opened by its URL, so that a failover is ridden out?
import { Cluster, Redis } from 'ioredis'
import { redisFindings, redisStore } from 'sojourn/redis'
import { UsageError } from '../command-line/usage.ts'
import { maskedUrl } from '../settings/settings.ts'
import type { OpenedUrl } from './opened-url.ts'
import { type RedisAddress, type RedisForm, readDatabase, readRedisUrl } from './redis-url.ts'

/**
 * What holds of every connection. Retries last longer than a failover; the engine's own deadline answers callers sooner. A connection that
 * owes an answer for as long as `socketTimeout` was lost without a word and is made anew; `commandTimeout` alone would leave it in place.
 */
const CONNECTION = {
  maxRetriesPerRequest: 20,
  connectTimeout: 1000,
  commandTimeout: 3000,
  socketTimeout: 3000,
  connectionName: 'sojourn',
}

const again = (attempt: number) => Math.min(100 * attempt, 500)

/** Opens Redis, which keeps sessions only. Throws {@link UsageError} for a URL that is none. */
export function openRedis(url: string, form: RedisForm): OpenedUrl {
  const client = CLIENTS[form](readRedisUrl(url, form), url)
  client.on('error', () => undefined) // shows as a failure of the calls that needed the connection
  return {
    sessions: redisStore(client),
    directory: undefined,
    isLasting: true,
    keysFile: undefined,
    file: undefined,
    exists: async () => true,
    async findings() {
      const found = await redisFindings(client)
      if (found.length === 0) return [{ state: 'ok', finding: `${maskedUrl(url)} is set up as it should be`, fix: null }]
      return found.map(({ severity, message, fix }) => ({
        state: severity === 'error' ? 'fault' : 'warning',
        finding: message.replace(/\.$/, ''),
        fix,
      }))
    },
    async disconnect() {
      client.disconnect()
    },
  }
}

const CLIENTS: Readonly<Record<RedisForm, (address: RedisAddress, url: string) => Redis | Cluster>> = {
  single(address, url) {
    const [server] = address.hosts
    const [database, ...rest] = address.path
    if (rest.length > 0) throw new UsageError(`${maskedUrl(url)} names more than a database after the server.`)
    return new Redis({
      ...CONNECTION,
      ...server,
      ...credentials(address),
      db: readDatabase(url, database),
      lazyConnect: true,
      retryStrategy: again,
    })
  },

  cluster(address, url) {
    if (address.path.length > 0) throw new UsageError(`${maskedUrl(url)} must end with the servers: a cluster has one database.`)
    return new Cluster([...address.hosts], {
      scaleReads: 'master',
      slotsRefreshTimeout: 1000,
      slotsRefreshInterval: 2000,
      maxRedirections: 64,
      retryDelayOnMoved: 50,
      retryDelayOnFailover: 100,
      retryDelayOnClusterDown: 100,
      clusterRetryStrategy: again,
      lazyConnect: true,
      redisOptions: { ...CONNECTION, ...credentials(address) },
    })
  },

  sentinel(address, url) {
    const [name, database, ...rest] = address.path
    if (name === undefined || rest.length > 0)
      throw new UsageError(`${maskedUrl(url)} must name the master after the Sentinels: redis+sentinel://SENTINEL,SENTINEL/NAME.`)
    return new Redis({
      ...CONNECTION,
      ...credentials(address),
      sentinels: [...address.hosts],
      name,
      db: readDatabase(url, database),
      lazyConnect: true,
      retryStrategy: again,
      sentinelRetryStrategy: again,
      ...(address.isEncrypted && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
    })
  },
}

function credentials({ username, password, isEncrypted }: RedisAddress) {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(isEncrypted && { tls: {} }),
  }
}
