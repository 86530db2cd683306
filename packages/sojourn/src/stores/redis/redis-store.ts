// How does Redis, or Valkey, keep the promises of a session store?
//
// Commands: `load` is one pipeline of plain reads (the hash, then the counters); everything that changes is
// one script (redis-scripts.ts). Keys and layout: redis-keys.ts, redis-pack.ts. Waiting for replicas: redis-confirm.ts.
import { withSessionCache } from '../../engine/cache/session-cache.ts'
import { createDeadline } from '../../engine/deadline.ts'
import { SojournError } from '../../engine/error.ts'
import { randomText } from '../../engine/random.ts'
import type { SessionId, SessionStore, StoredSession, Want } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import { changeArgs, creationArgs, touchArgs } from './redis-changes.ts'
import { linkOf, type RedisClient } from './redis-client.ts'
import { createConfirmation } from './redis-confirm.ts'
import { fingerprintOf } from './redis-fingerprint.ts'
import { redisInvalidation } from './redis-invalidation.ts'
import { bytesOf, createKeys, indexEntry, SHARDS, shardOf, shardOfId, tagOf } from './redis-keys.ts'
import type { Arg } from './redis-link.ts'
import { createSweep, list } from './redis-list.ts'
import { findingsOf, prepare, type RedisFinding } from './redis-open.ts'
import { checked, type RedisStoreOptions } from './redis-options.ts'
import { outcomeOf } from './redis-outcome.ts'
import { FIELD } from './redis-pack.ts'
import {
  attributesOf,
  counterFields,
  fieldsOf,
  generationsOf,
  headerOf,
  isBuried,
  isRevoked,
  namedFieldsOf,
  timelyOrigin,
  wantedFields,
} from './redis-read.ts'
import { listOf, pairOf } from './redis-replies.ts'
import { createRunner, unavailable, wholly } from './redis-run.ts'
import { BUMP, CREATE, DELETE, REVOKE, REVOKE_SHARD, type Script, TOUCH, UPDATE } from './redis-scripts.ts'

/** How long opening may take before the next call tries again: a client may lose a command. Unit: seconds. */
const OPENING_TIMEOUT = 5

/** How long a request's name is: enough never to meet another within the time it is remembered. */
const REQUEST_BYTES = 9

/**
 * Keeps sessions in Redis 7 or Valkey 8 and later: single server, Sentinel or Cluster.
 *
 * Opens with its first call, and refuses a server that would throw away keys at will (`maxmemory-policy allkeys-...`).
 * Sessions expire on the server by themselves; {@link SessionStore.sweep} clears their entries from the indexes and names those that
 * were still there. Pair it with a directory: `{ sessions: redisStore(client), directory: postgresStore(sql).directory }`.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID` for a client that is none, or reads from replicas, and for unknown options.
 */
export function redisStore(options: RedisClient | RedisStoreOptions): SessionStore {
  const { client, prefix, waitReplicas, waitTimeout, cache } = checked(options)
  const link = linkOf(client)
  const keys = createKeys(prefix)
  const runner = createRunner(link)
  const confirmation = createConfirmation(link, typeof waitReplicas === 'number' ? waitReplicas : undefined, waitTimeout)
  const sweep = createSweep(runner, keys)
  const deadline = createDeadline(OPENING_TIMEOUT)
  let opening: Promise<void> | undefined
  let state: 'new' | 'open' | 'closed' = 'new'

  const failing = (error: unknown): never => {
    throw unavailable(error, 'read')
  }

  async function open(): Promise<void> {
    const present = opening ?? deadline.run('read', () => prepare(link, keys).catch(failing))
    opening = present
    try {
      await present
      if (state === 'new') state = 'open'
    } catch (error) {
      if (opening === present) opening = undefined
      throw error
    }
  }

  /** Runs one call: opens first, and makes what goes wrong an error of ours. */
  async function call<T>(kind: 'read' | 'write', run: () => Promise<T>): Promise<T> {
    if (state === 'closed') throw new SojournError('ERR_STORE_UNAVAILABLE', 'The Redis store was closed.', { applied: 'no' })
    if (state === 'new') await open()
    try {
      return await run()
    } catch (error) {
      throw unavailable(error, kind)
    }
  }

  /** Runs a script, and where its effect must outlive a failover, waits until it does. */
  async function write(
    lasting: 'lasting' | 'ordinary',
    shard: number,
    script: Script,
    names: readonly [string, ...string[]],
    args: readonly Arg[],
  ): Promise<readonly Buffer[]> {
    const waits = waitReplicas !== 0 && (lasting === 'lasting' || waitReplicas === 'all-writes')
    if (!waits) return (await runner.run(script, names, ['0', ...args])).reply
    return await confirmation.confirmed(keys.mark(shard), () => runner.run(script, names, ['1', ...args]))
  }

  /** The keys of a script that changes a session, in the order in which it takes them. */
  function keysOfChange(id: Buffer) {
    const shard = shardOfId(id)
    const request = keys.request(shard, randomText(REQUEST_BYTES))
    return [keys.session(id), keys.counters(shard), request, keys.history(id)] as const
  }

  /** Those of one that makes or removes it as well. */
  function everyKey(id: Buffer) {
    return [...keysOfChange(id), keys.index(id), keys.parts(shardOfId(id))] as const
  }

  async function load(id: SessionId, want: Want, now: Millis): Promise<StoredSession | 'ended' | undefined> {
    const bytes = bytesOf(id)
    const key = keys.session(bytes)
    const names = want === 'all' ? [] : wantedFields(want === 'header' ? [] : want)
    const [hash, counters] = await runner.read(key, [
      want === 'all' ? ['HGETALL', key] : ['HMGET', key, ...names],
      ['HMGET', keys.counters(shardOfId(bytes)), ...counterFields(tagOf(bytes))],
    ])
    const fields = want === 'all' ? fieldsOf(hash) : namedFieldsOf(hash, names)
    const origin = timelyOrigin(id, fields, now)
    if (origin === undefined) return isBuried(fields, now) ? 'ended' : undefined
    const [own, guests, all] = listOf(counters)
    const generations = generationsOf(origin, own, guests, all)
    if (isRevoked(id, fields.get(FIELD.stamp), generations)) {
      // A revocation that spares this session may have come between the two reads; then it carries the new generation by now.
      const [stamp] = await runner.read(key, [['HMGET', key, FIELD.stamp, FIELD.expiresAt]])
      const again = namedFieldsOf(stamp, [FIELD.stamp, FIELD.expiresAt])
      if (!again.has(FIELD.expiresAt) || isRevoked(id, again.get(FIELD.stamp), generations)) return undefined
    }
    const attributes = attributesOf(fields, origin.createdAt, now)
    return { ...headerOf(id, fields, origin), attributes, version: generations.version }
  }

  const store: SessionStore = {
    sweepInterval: 14_400,

    counters: ({ tag }) =>
      call('read', async () => {
        const key = keys.counters(shardOf(tag))
        const [reply] = await runner.read(key, [['HGET', key, tag]])
        const [generation, version] = pairOf(reply)
        return { generation, version }
      }),

    create: (session, expect) =>
      call('write', async () => {
        const id = bytesOf(session.id)
        const shard = shardOfId(id)
        return outcomeOf(await write('ordinary', shard, CREATE, everyKey(id), creationArgs(session, id, expect)))
      }),

    load: (id, want, now) => call('read', () => load(id, want, now)),

    update: (id, change, now) =>
      call('write', async () => {
        const bytes = bytesOf(id)
        const shard = shardOfId(bytes)
        const touch = touchArgs(change, now)
        if (touch !== undefined) {
          const names = [keys.session(bytes), keys.counters(shard)] as const
          return outcomeOf(await write('ordinary', shard, TOUCH, names, [tagOf(bytes), ...touch]))
        }
        const lasting = change.header?.secretHash === undefined ? 'ordinary' : 'lasting'
        const args = [tagOf(bytes), ...changeArgs(change, now)]
        return outcomeOf(await write(lasting, shard, UPDATE, keysOfChange(bytes), args))
      }),

    delete: (id, now, tombstoneUntil) =>
      call('write', async () => {
        const bytes = bytesOf(id)
        const shard = shardOfId(bytes)
        const until = tombstoneUntil === undefined ? '' : String(tombstoneUntil)
        const args = [tagOf(bytes), String(now), until, indexEntry(bytes, ''), indexEntry(bytes, null)]
        const [live] = await write('lasting', shard, DELETE, everyKey(bytes), args)
        return String(live) === '1'
      }),

    list: (query, now) => call('read', () => list(runner, keys, query, now)),

    revoke: (scope) =>
      call('write', async () => {
        if (typeof scope === 'string') {
          const field = scope === 'guests' ? 'n' : 'a'
          const shards = Array.from({ length: SHARDS }, (_, shard) => shard)
          await wholly(shards.map((shard) => write('lasting', shard, REVOKE_SHARD, [keys.counters(shard)], [field])))
          return
        }
        const { principal, except } = scope
        const shard = shardOf(principal.tag)
        const spared = except === undefined ? undefined : bytesOf(except)
        const isOwn = spared !== undefined && tagOf(spared) === principal.tag
        const names = [isOwn ? keys.session(spared) : keys.counters(shard), keys.counters(shard)] as const
        await write('lasting', shard, REVOKE, names, [principal.tag, principal.id])
      }),

    bump: ({ tag }) =>
      call('write', async () => {
        const counters = keys.counters(shardOf(tag))
        await write('lasting', shardOf(tag), BUMP, [counters, counters], [tag])
      }),

    claimSweep: (interval) =>
      call('write', async () => {
        const until = String(Math.max(1, Math.round(interval * 1000)))
        return (await runner.call(keys.sweeping, ['SET', keys.sweeping, '1', 'NX', 'PX', until])) !== null
      }),

    sweep: (now, limit) => call('write', () => sweep(now, limit)),

    async close() {
      state = 'closed'
      confirmation.close()
    },
  }
  if (cache === undefined) return store
  const fingerprint = (id: SessionId) => call('read', () => fingerprintOf(runner, keys, id))
  return withSessionCache({ store, channel: redisInvalidation(client, link, prefix), fingerprint }, cache).store
}

/**
 * What an operator should know of the servers behind a client: that they would evict sessions, keep nothing on disk, or take three times
 * the memory because of `hash-max-listpack-value`. Empty when all is well. `sojourn doctor` prints it.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_STORE_UNAVAILABLE`
 */
export async function redisFindings(client: RedisClient): Promise<readonly RedisFinding[]> {
  const link = linkOf(client)
  try {
    return await findingsOf(link)
  } catch (error) {
    throw unavailable(error, 'read')
  }
}
