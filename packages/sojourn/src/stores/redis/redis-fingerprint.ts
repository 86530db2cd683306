// Is what was read of a session still what Redis keeps?
import type { SessionId } from '../../engine/store.ts'
import { bytesOf, type Keys, shardOfId, tagOf } from './redis-keys.ts'
import { FIELD, HEADER_FIELDS } from './redis-pack.ts'
import { counterFields } from './redis-read.ts'
import { bytesOrNone, listOf } from './redis-replies.ts'
import type { Runner } from './redis-run.ts'

/** The header, and the tally, which counts the writes of attributes. */
const FIELDS = [FIELD.expiresAt, FIELD.tally, ...HEADER_FIELDS.filter((field) => field !== FIELD.expiresAt)]

/** A text that changes with every change of a session, its attributes or the counters that apply to it; `undefined` where there is none. */
export async function fingerprintOf(runner: Runner, keys: Keys, id: SessionId): Promise<string | undefined> {
  const bytes = bytesOf(id)
  const key = keys.session(bytes)
  const [fields, counters] = await runner.read(key, [
    ['HMGET', key, ...FIELDS],
    ['HMGET', keys.counters(shardOfId(bytes)), ...counterFields(tagOf(bytes))],
  ])
  const values = [...listOf(fields), ...listOf(counters)].map(bytesOrNone)
  if (values[0] === undefined) return undefined
  return values.map((value) => (value === undefined ? '-' : `${value.length}:${value.toString('latin1')}`)).join('')
}
