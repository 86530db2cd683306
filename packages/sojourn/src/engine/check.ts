// Is an option what it should be?
import { invalidOption } from './error.ts'
import type { Clock, Millis } from './time.ts'

/** Whether something holds values under names of its own. A list and a map do not: nothing of them would be found. */
export function hasNames(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value)
}

/** Refuses options that are no object or hold a name that is not known; `within` goes before the name of such a field. */
export function refuseUnknown(what: string, options: unknown, known: readonly string[], within = ''): void {
  if (!hasNames(options)) throw invalidOption(what, 'must be an object')
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw invalidOption(`${within}${unknown}`, `is not an option here; known are ${known.join(', ')}`)
}

/** A positive finite number. */
export function requirePositive(field: string, value: unknown, what = 'number'): number {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value
  throw invalidOption(field, `must be a positive finite ${what}`)
}

/**
 * A clock that answers whole milliseconds, whatever the one that is given counts in: stores keep nothing else. It is asked once, so that one of
 * another kind is known at once; by an instant that is no number nothing would ever expire.
 */
export function requireClock(clock: unknown): Clock {
  const now = (): Millis => {
    const instant: unknown = typeof clock === 'function' ? clock() : undefined
    if (typeof instant === 'number' && Number.isFinite(instant)) return Math.floor(instant)
    throw invalidOption('clock', 'must be a function that answers milliseconds since 1970')
  }
  now()
  return now
}

/** `true` or `false`. */
export function requireBoolean(field: string, value: unknown): void {
  if (typeof value !== 'boolean') throw invalidOption(field, 'must be true or false')
}

/** A number of items between 1 and 1000; 100 when omitted. */
export function requireLimit(value: unknown): number {
  if (value === undefined) return 100
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 1000) {
    throw invalidOption('limit', 'must be a whole number from 1 to 1000')
  }
  return value
}

/** Stands for everybody who is not logged in, so nobody is called that. */
export const GUEST = '__guest__'

/** A user id: text that is not empty, and not the name of all guests. */
export function requireUserId(field: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || value === GUEST || !value.isWellFormed())
    throw invalidOption(field, 'must be a user id')
  return value
}

/** Counters as a store answers them. */
export function requireCounters(expect: unknown): void {
  refuseUnknown('expect', expect, ['generation', 'version'])
  const { generation, version }: { generation?: unknown; version?: unknown } = Object(expect)
  if (!Number.isSafeInteger(generation) || !Number.isSafeInteger(version))
    throw invalidOption('expect', 'must be the counters that a store answered')
}
