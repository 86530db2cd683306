// Under which keys does Redis keep what belongs to sessions?
//
// Layout, for a prefix and a shard (the first byte of a session id, two hexadecimal digits). All keys of a shard share the hash tag
// `{shard}` and so one slot: whatever a call needs lies on one server.
//
// - `<prefix>:{shard}:s:<id>`   hash: a session, one field each for what changes by itself, `=<name>` for each attribute (redis-pack.ts).
//                               A tombstone is a hash with the single field `t`: when it ends.
// - `<prefix>:{shard}:h:<id>`   list: the history of that session, oldest first. Read by lists alone.
// - `<prefix>:{shard}:c`        hash, never expires: the counters. `<tag>`: a principal's `generation,version`; `n`: the generation of
//                               nobody, the guests; `a`: that of all. Absent: `0,0` and 0.
// - `<prefix>:{shard}:i:<byte>` sorted set: the index, one part for each second byte of the ids, so that the parts stay small and packed.
//                               Members, all of score 0, are the remaining 16 bytes of the ids, `n` (nobody) appended for a guest's: in the
//                               order of their bytes, and as an id begins with its principal's tag, the index by principal as well.
// - `<prefix>:{shard}:i`        string: 256 bits, which parts of the index hold anything.
// - `<prefix>:{shard}:r:<id>`   string: what a request was answered, kept for a while because clients may send one twice.
// - `<prefix>:{shard}:w`        string: written to find out how far replicas are.
// - `<prefix>:layout`           string: the version of this layout.
// - `<prefix>:sweeping`         string: there while nobody else need sweep.
//
// Sessions, histories and tombstones carry a time to live. The counters must not: a counter that vanished would count as 0 and bring
// revoked sessions back, so they stay for good, some 100 bytes for each user who was ever revoked or changed.
import type { SessionId } from '../../engine/store.ts'

/** How many shards there are: the values of a byte. */
export const SHARDS = 256

/** Bytes of a session id, and how many of them are the tag. */
export const ID_BYTES = 18
const TAG_BYTES = 8

/** How many bytes of an id tell where in the index it is: the shard and the part. */
export const INDEXED_BYTES = 2

/** Names keys. */
export interface Keys {
  readonly layout: string
  readonly sweeping: string
  session(id: Buffer): string
  history(id: Buffer): string
  /** The counters of a shard. */
  counters(shard: number): string
  /** The part of the index that holds an id. */
  index(id: Buffer): string
  /** Which parts of a shard's index hold anything. */
  parts(shard: number): string
  request(shard: number, request: string): string
  mark(shard: number): string
}

/** The bytes of an id; its first is the shard. */
export function bytesOf(id: SessionId): Buffer {
  return Buffer.from(id, 'base64url')
}

/** The tag that an id begins with: its principal's, or anything for a guest. */
export function tagOf(id: Buffer): string {
  return id.toString('hex', 0, TAG_BYTES)
}

/** The shard of a principal, from their tag. */
export function shardOf(tag: string): number {
  return Number.parseInt(tag.slice(0, 2), 16)
}

export function shardOfId(id: Buffer): number {
  return id[0] ?? 0
}

export function createKeys(prefix: string): Keys {
  const shards = Array.from({ length: SHARDS }, (_, shard) => `${prefix}:{${shard.toString(16).padStart(2, '0')}}:`)
  const of = (shard: number) => shards[shard] ?? ''
  return {
    layout: `${prefix}:layout`,
    sweeping: `${prefix}:sweeping`,
    session: (id) => `${of(shardOfId(id))}s:${id.toString('base64url')}`,
    history: (id) => `${of(shardOfId(id))}h:${id.toString('base64url')}`,
    counters: (shard) => `${of(shard)}c`,
    index: (id) => `${of(shardOfId(id))}i:${id.toString('hex', 1, INDEXED_BYTES)}`,
    parts: (shard) => `${of(shard)}i`,
    request: (shard, request) => `${of(shard)}r:${request}`,
    mark: (shard) => `${of(shard)}w`,
  }
}

const GUEST = Buffer.from('n')

/** What stands for a session in its part of the index. */
export function indexEntry(id: Buffer, principal: string | null): Buffer {
  const rest = id.subarray(INDEXED_BYTES)
  return principal === null ? Buffer.concat([rest, GUEST]) : rest
}
