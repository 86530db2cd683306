// How does Redis tell a local cache what changes?
//
// By client tracking in broadcast mode, one connection to every master: the server itself announces every key that changes, expires or
// is removed, whoever did it and however, before it answers them. Nothing has to be sent by those who write, and where no process
// has a cache, nothing is announced. In a cluster the connections count only while they lead to the owners of all slots.
import { type InvalidationChannel, type InvalidationListener, whenAborted } from '../../engine/cache/invalidation.ts'
import type { RedisClient } from './redis-client.ts'
import { bytesOf, createKeys, SHARDS, shardOf, shardOfId } from './redis-keys.ts'
import type { RedisLink } from './redis-link.ts'
import { listOf, textOf } from './redis-replies.ts'
import { type Tracker, trackersOf } from './redis-tracker.ts'

/** A session or the counters of a shard, after the prefix; see redis-keys.ts. */
const KEY = /^([0-9a-f]{2})\}:(?:s:([A-Za-z0-9_-]+)|c)$/

/** Tells of keys. What a key stands for that is neither a session nor counters, is nobody's concern. */
function tell(keys: unknown, prefix: string, listener: InvalidationListener): void {
  if (!Array.isArray(keys)) {
    listener.everything()
    return
  }
  for (const key of keys) {
    const [match, shard = '', id] = KEY.exec(String(key).slice(prefix.length)) ?? []
    if (match === undefined) continue
    if (id === undefined) listener.group(Number.parseInt(shard, 16))
    else listener.session(id)
  }
}

/** The ids of the servers that own slots; `undefined` where there is no cluster, or slots without an owner. */
async function owners(link: RedisLink): Promise<ReadonlySet<string> | undefined> {
  const masters = await link.masters()
  const ranges = listOf(await Promise.any(masters.map((send) => send(['CLUSTER', 'SLOTS'])))).map(listOf)
  const covered = ranges.reduce((sum, [from, to]) => sum + Number(to) - Number(from) + 1, 0)
  return covered === 16_384 ? new Set(ranges.map(([, , master]) => textOf(listOf(master)[2]))) : undefined
}

/** Whether the servers are the owners of all slots. */
async function areOwners(link: RedisLink, servers: ReadonlySet<string>): Promise<boolean> {
  const present = await owners(link)
  return present !== undefined && [...present].every((id) => servers.has(id))
}

/** Asks for a key of every shard, so that a client that has not yet been told learns where their slots are now. */
async function lookAround(link: RedisLink, prefix: string): Promise<void> {
  const { counters } = createKeys(prefix)
  const keys = Array.from({ length: SHARDS }, (_, shard) => counters(shard))
  await Promise.allSettled(keys.map((key) => link.call(key, ['EXISTS', key])))
}

/** @throws {SojournError} `ERR_OPTION_INVALID` for a client that leads to no server in particular. */
export function redisInvalidation(client: RedisClient, link: RedisLink, prefix: string): InvalidationChannel {
  const trackers = trackersOf(client)
  const isCluster = 'getNodeClientForKey' in client || ('isCluster' in client && client.isCluster)
  const tracked = `${trackers.keyPrefix}${prefix}:{`

  /** Makes a connection one that hears the news. */
  async function track(tracker: Tracker, listener: InvalidationListener): Promise<void> {
    const id = String(await tracker.call('CLIENT', 'ID'))
    await tracker.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', id, 'BCAST', 'PREFIX', tracked)
    await tracker.subscribe((keys) => tell(keys, tracked, listener))
  }

  return {
    groupOfSession: (id) => shardOfId(bytesOf(id)),
    groupOfPrincipal: ({ tag }) => shardOf(tag),

    async connect(listener, abandoned) {
      const opened = await trackers.connect(link, listener.broken)
      const close = () => {
        for (const tracker of opened) tracker.close()
      }
      whenAborted(abandoned, close)
      try {
        const ids = isCluster ? await Promise.all(opened.map(({ call }) => call('CLUSTER', 'MYID'))) : []
        const servers = new Set(ids.map(String))
        await Promise.all(opened.map((tracker) => track(tracker, listener)))
        const check = async () => {
          if (!isCluster || (await areOwners(link, servers))) return
          await lookAround(link, prefix)
          throw new Error('Slots of the cluster have moved to other servers.')
        }
        await check()
        return {
          async settled() {
            await Promise.all([check(), ...opened.map(({ ping }) => ping())])
          },
          close,
        }
      } catch (error) {
        close()
        throw error
      }
    },
  }
}
