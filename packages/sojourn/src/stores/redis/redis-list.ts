// How are many sessions read at once, to be listed or swept?
import { idOfCursor } from '../../engine/cursor.ts'
import { isSojournError } from '../../engine/error.ts'
import type { EndedSession, ListedSession, Page, Principal, SessionStore } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import { cursorOf, type Entry, type Scope, scan } from './redis-index.ts'
import { bytesOf, indexEntry, type Keys, shardOfId, tagOf } from './redis-keys.ts'
import type { Command } from './redis-link.ts'
import { FIELD, HEADER_FIELDS, type Origin } from './redis-pack.ts'
import { type Fields, generationsOf, headerOf, historyOf, isRevoked, namedFieldsOf, timelyOrigin } from './redis-read.ts'
import { listOf } from './redis-replies.ts'
import type { Runner } from './redis-run.ts'
import { REMOVE } from './redis-scripts.ts'

/** How many sessions one sweep looks at, for each that it may remove. */
const REACH = 10

/** What a sweep needs to know of each. */
const LIFE_FIELDS: readonly string[] = [FIELD.expiresAt, FIELD.stamp, FIELD.origin]

interface Found extends Entry {
  readonly name: string
  readonly fields: Fields
  /** What it was born with, where it is live. @throws {SojournError} `ERR_STORE_CORRUPT` */
  origin(): Origin | undefined
  readonly history: unknown
}

/**
 * Reads sessions by their ids, in their order: one round trip a shard. The generations are read first: whoever is found revoked then is.
 *
 * @param history whether the history is read as well.
 * @param now decides with the generations who is live.
 */
async function readMany(
  runner: Runner,
  keys: Keys,
  entries: readonly Entry[],
  what: { readonly fields: readonly string[]; readonly history: 'read' | 'skip' },
  now: Millis,
): Promise<readonly Found[]> {
  const byShard = Map.groupBy(entries, ({ id }) => shardOfId(id))
  const read = [...byShard].map(async ([shard, members]) => {
    const tags = [...new Set(members.map(({ id }) => tagOf(id)))]
    const commands: Command[] = [['HMGET', keys.counters(shard), ...tags, 'n', 'a']]
    for (const { id } of members) {
      commands.push(['HMGET', keys.session(id), ...what.fields])
      if (what.history === 'read') commands.push(['LRANGE', keys.history(id), '0', '-1'])
    }
    const [counters, ...replies] = await runner.read(keys.counters(shard), commands)
    const values = listOf(counters)
    const [guests, all] = values.slice(tags.length)
    const step = what.history === 'read' ? 2 : 1
    return members.map(({ id, isGuest }, index): Found => {
      const fields = namedFieldsOf(replies[index * step], what.fields)
      const name = id.toString('base64url')
      const origin = () => {
        const born = timelyOrigin(name, fields, now)
        if (born === undefined) return undefined
        const generations = generationsOf(born, values[tags.indexOf(tagOf(id))], guests, all)
        return isRevoked(name, fields.get(FIELD.stamp), generations) ? undefined : born
      }
      return { id, isGuest, name, fields, origin, history: replies[index * step + 1] }
    })
  })
  return (await Promise.all(read)).flat()
}

/** Lists live sessions; see `SessionStore.list`. */
export async function list(
  runner: Runner,
  keys: Keys,
  { principal, after, limit }: Parameters<SessionStore['list']>[0],
  now: Millis,
): Promise<Page<ListedSession>> {
  const place = after === undefined ? undefined : bytesOf(idOfCursor(after))
  const { entries, next } = await scan(runner, keys, scopeOf(principal), place, limit)
  const found = await readMany(runner, keys, entries, { fields: HEADER_FIELDS, history: 'read' }, now)
  const items = found.flatMap(({ name, fields, origin, history }): ListedSession[] => {
    const born = origin()
    return born === undefined ? [] : [{ ...headerOf(name, fields, born), history: historyOf(name, history) }]
  })
  return next === undefined ? { items } : { items, next: cursorOf(next) }
}

function scopeOf(principal: Principal | null | undefined): Scope {
  return principal === undefined ? 'all' : (principal ?? 'guests')
}

/** Whether it can go. One that cannot be read must not keep the sweep from all others: whoever reads it is told. */
function isDead({ origin }: Found): boolean {
  try {
    return origin() === undefined
  } catch (error) {
    if (isSojournError(error, 'ERR_STORE_CORRUPT')) return false
    throw error
  }
}

/** Sweeps step by step, from the first id to the last and then again; see `SessionStore.sweep`. */
export function createSweep(runner: Runner, keys: Keys): SessionStore['sweep'] {
  let place: Buffer | undefined

  async function remove({ id, isGuest }: Entry, now: Millis): Promise<EndedSession | 'gone' | 'kept'> {
    const shard = shardOfId(id)
    const { reply } = await runner.run(
      REMOVE,
      [keys.session(id), keys.counters(shard), keys.history(id), keys.index(id), keys.parts(shard)],
      ['0', tagOf(id), String(now), indexEntry(id, isGuest ? null : '')],
    )
    const reason = String(reply[0])
    if (reason !== 'expired' && reason !== 'revoked') return reason === 'gone' ? 'gone' : 'kept'
    return { id: id.toString('base64url'), principal: reply[1]?.toString() ?? null, reason }
  }

  return async (now, limit) => {
    const { entries, next } = await scan(runner, keys, 'all', place, limit * REACH)
    const found = await readMany(runner, keys, entries, { fields: LIFE_FIELDS, history: 'skip' }, now)
    const dead = found.filter(isDead)
    const results = await Promise.all(dead.slice(0, limit).map((each) => remove(each, now)))
    const more = dead.length > limit || next !== undefined
    place = dead.length > limit ? dead[limit - 1]?.id : next
    const ended = results.filter((result) => typeof result === 'object')
    return { removed: results.filter((result) => result !== 'kept').length, ended, more }
  }
}
