// How does a test own the time?
import type { Clock, Millis, Seconds } from '../engine/time.ts'

/** A clock that stands still until it is told to go on. Pass `now` wherever a {@link Clock} is asked for. */
export interface ManualClock {
  readonly now: Clock
  /** Goes on by so many seconds; fractions are milliseconds. */
  advance(seconds: Seconds): void
  /** Goes to an instant, also back. */
  set(at: Millis): void
}

/**
 * The instant at which manual clocks begin: 2100-01-01 UTC.
 *
 * It lies in the future, so that stores whose server removes what has expired by its own clock keep what a test still needs.
 */
export const MANUAL_START: Millis = Date.UTC(2100, 0, 1)

/** Makes a clock that a test moves by hand. Default start: {@link MANUAL_START}. */
export function manualClock(start: Millis = MANUAL_START): ManualClock {
  let at = start
  return {
    now: () => at,
    advance(seconds) {
      at += Math.round(seconds * 1000)
    },
    set(instant) {
      at = instant
    },
  }
}
