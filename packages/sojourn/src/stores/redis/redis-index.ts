// Which sessions are there, in the order of their ids?
import type { Cursor, Principal } from '../../engine/store.ts'
import { ID_BYTES, INDEXED_BYTES, type Keys, SHARDS, shardOfId } from './redis-keys.ts'
import type { Command } from './redis-link.ts'
import { bytesOrNone, listOf } from './redis-replies.ts'
import type { Runner } from './redis-run.ts'

/** How many shards are asked at once which parts they hold, and how many parts are read at once. */
const WAVE = 32

/** How many entries are looked at, for each that may be found, where guests are looked for among others. */
const REACH = 10

/** Whose sessions: one principal's, those of guests, or all. */
export type Scope = Principal | 'guests' | 'all'

/** An entry of the index. */
export interface Entry {
  readonly id: Buffer
  readonly isGuest: boolean
}

/** Entries in the order of their ids; `next`, where there may be more, is the id that was looked at last. */
export interface EntryPage {
  readonly entries: readonly Entry[]
  readonly next: Buffer | undefined
}

/** A cursor is the id that was looked at last. */
export function cursorOf(next: Buffer): Cursor {
  return next.toString('base64url')
}

/** Reads entries after an id, at most `limit`; what has died by itself is still among them. */
export async function scan(
  runner: Runner,
  keys: Keys,
  scope: Scope,
  after: Buffer | undefined,
  limit: number,
): Promise<EntryPage> {
  if (typeof scope === 'object') {
    const tag = Buffer.from(scope.tag, 'hex')
    const [first, last] = [Buffer.concat([tag, ZEROS], ID_BYTES), Buffer.concat([tag, ONES], ID_BYTES)]
    const entries = await readPart(runner, keys, tag, [after === undefined ? from(first) : past(after), past(last)], limit)
    return { entries, next: entries.length === limit ? entries.at(-1)?.id : undefined }
  }
  const most = scope === 'all' ? limit : limit * REACH
  const seen = await readParts(runner, keys, after, most)
  if (scope === 'all') return { entries: seen, next: seen.length === most ? seen.at(-1)?.id : undefined }
  const guests = seen.filter(({ isGuest }) => isGuest)
  const entries = guests.slice(0, limit)
  const last = guests.length > limit ? entries.at(-1) : seen.length === most ? seen.at(-1) : undefined
  return { entries, next: last?.id }
}

/** Reads the whole index from an id on, part by part, until that many entries are read. */
async function readParts(runner: Runner, keys: Keys, after: Buffer | undefined, most: number): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  let shard = after === undefined ? 0 : shardOfId(after)
  let width = after === undefined ? WAVE : 1
  while (shard < SHARDS && entries.length < most) {
    const shards = Array.from({ length: Math.min(width, SHARDS - shard) }, (_, index) => shard + index)
    const parts = (await Promise.all(shards.map((each) => partsOf(runner, keys, each)))).flat()
    const ahead = after === undefined ? parts : parts.filter((part) => part.compare(after, 0, INDEXED_BYTES) >= 0)
    for (let index = 0; index < ahead.length && entries.length < most; index += WAVE) {
      const room = most - entries.length
      const read = ahead.slice(index, index + WAVE).map((part) => {
        const isFirst = after !== undefined && part.compare(after, 0, INDEXED_BYTES) === 0
        return readPart(runner, keys, part, [isFirst ? past(after) : '-', '+'], room)
      })
      entries.push(...(await Promise.all(read)).flat().slice(0, room))
    }
    shard += shards.length
    width = WAVE
  }
  return entries
}

/** The parts of a shard that hold anything, each as the bytes its ids begin with. */
async function partsOf(runner: Runner, keys: Keys, shard: number): Promise<readonly Buffer[]> {
  const [reply] = await runner.read(keys.parts(shard), [['GET', keys.parts(shard)]])
  const bits = bytesOrNone(reply) ?? Buffer.alloc(0)
  const isSet = (part: number) => (((bits[part >> 3] ?? 0) >> (7 - (part % 8))) & 1) === 1
  return Array.from({ length: bits.length * 8 }, (_, part) => part)
    .filter(isSet)
    .map((part) => Buffer.from([shard, part]))
}

const ZEROS = Buffer.alloc(ID_BYTES)
const ONES = Buffer.alloc(ID_BYTES, 0xff)

/** The bound at an id, inclusive. */
function from(id: Buffer): Buffer {
  return Buffer.concat([Buffer.from('['), id.subarray(INDEXED_BYTES)])
}

/** The bound behind an id, whoever's session it is: nothing but `n` may follow its bytes. */
function past(id: Buffer): Buffer {
  return Buffer.concat([Buffer.from('('), id.subarray(INDEXED_BYTES), Buffer.from([0xff])])
}

async function readPart(
  runner: Runner,
  keys: Keys,
  part: Buffer,
  [first, last]: readonly [Buffer | string, Buffer | string],
  limit: number,
): Promise<readonly Entry[]> {
  const key = keys.index(part)
  const command: Command = ['ZRANGE', key, first, last, 'BYLEX', 'LIMIT', '0', String(limit)]
  const [reply] = await runner.read(key, [command])
  return listOf(reply).flatMap((entry) => {
    const rest = bytesOrNone(entry)
    if (rest === undefined) return []
    const id = Buffer.concat([part.subarray(0, INDEXED_BYTES), rest.subarray(0, ID_BYTES - INDEXED_BYTES)])
    return [{ id, isGuest: rest.length > ID_BYTES - INDEXED_BYTES }]
  })
}
