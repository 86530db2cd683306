// How is the local cache of sessions set up?
import { refuseUnknown } from '../check.ts'
import { invalidOption } from '../error.ts'
import type { Seconds } from '../time.ts'

/** Whether the local cache is in use. */
export type CacheStatus = { readonly connected: true } | { readonly connected: false; readonly cause: unknown }

/**
 * A cache of sessions in this process. Sessions that were just read are answered from memory; what others change in the store is pushed to
 * this process, which forgets what it held. Without a connection for that, nothing is answered from memory.
 *
 * What this process changes, it sees at once. What another process changes, revocations included, is seen when its news arrives, within
 * milliseconds; and if the news is lost, because the network holds it back without breaking the connection, after `maxAge` at the latest.
 */
export interface CacheOptions {
  /** How many sessions to hold; the oldest go. Sessions with more than 64 KiB of attributes are not held. Default: `10_000`. */
  readonly maxSessions?: number
  /** How old an answer from memory may be, whatever happens. Unit: seconds. Default: `5`. At most `60`. */
  readonly maxAge?: Seconds
  /**
   * Asks the store before every answer from memory whether the session and the generations are still what they were. What another process
   * changes is then seen at once, as without a cache. Costs a round trip, and so what a small session costs without a cache; what it spares is
   * to send and to read large ones. Default: `false`.
   */
  readonly strict?: boolean
  /** Called when the connection comes and goes, and when a first attempt to connect fails. */
  readonly onStatus?: (status: CacheStatus) => void
}

/** Settings with their defaults. */
export interface CacheSettings {
  readonly maxSessions: number
  readonly maxAge: Seconds
  readonly strict: boolean
  readonly onStatus: (status: CacheStatus) => void
}

/** @throws {SojournError} `ERR_OPTION_INVALID` */
export function cacheSettings(options: CacheOptions): CacheSettings {
  refuseUnknown('cache', options, ['maxSessions', 'maxAge', 'strict', 'onStatus'])
  const { maxSessions = 10_000, maxAge = 5, strict = false, onStatus = () => undefined } = options
  if (!(Number.isInteger(maxSessions) && maxSessions > 0))
    throw invalidOption('cache.maxSessions', 'must be a positive whole number')
  if (!(maxAge > 0 && maxAge <= 60)) throw invalidOption('cache.maxAge', 'must be a number of seconds above 0, at most 60')
  if (typeof strict !== 'boolean') throw invalidOption('cache.strict', 'must be true or false')
  if (typeof onStatus !== 'function') throw invalidOption('cache.onStatus', 'must be a function')
  return { maxSessions, maxAge, strict, onStatus }
}
