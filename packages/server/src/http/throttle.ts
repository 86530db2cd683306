// How many failures does one key get in a window of time?
import { disclosed, isSojournError, SojournError } from 'sojourn'

/** Counts failures by key; a key that has used them up waits until its window ends. */
export interface Throttle {
  /**
   * Runs one attempt. Only failures count, but as many attempts may be under way as there are failures left: the others wait for one of them
   * to end. So many at once are no way around, and nobody who succeeds is refused.
   *
   * @throws {SojournError} `ERR_RATE_LIMITED` with `retryAfter`
   */
  attempt<T>(key: string, work: () => Promise<T>): Promise<T>
}

/** How a throttle counts. */
export interface ThrottleOptions {
  /** Failures in a window. */
  readonly limit: number
  /** Unit: seconds. */
  readonly window: number
  readonly clock: () => number
}

interface Window {
  readonly endsAt: number
  failures: number
  underWay: number
  readonly waiting: (() => void)[]
}

/** The most keys that are remembered; beyond it those that began longest ago are forgotten, so that memory stays bounded. */
const MOST_KEYS = 100_000

/** Makes a throttle with windows that begin at a key's first attempt. Kept in this process only. */
export function createThrottle({ limit, window, clock }: ThrottleOptions): Throttle {
  const windows = new Map<string, Window>()

  const current = (key: string): Window => {
    const known = windows.get(key)
    if (known !== undefined && clock() < known.endsAt) return known
    const fresh = { endsAt: clock() + window * 1000, failures: 0, underWay: 0, waiting: [] }
    windows.delete(key)
    windows.set(key, fresh)
    const oldest = windows.keys().next()
    if (windows.size > MOST_KEYS && oldest.done !== true) windows.delete(oldest.value)
    return fresh
  }

  return {
    async attempt(key, work) {
      let counted = current(key)
      while (counted.failures + counted.underWay >= limit) {
        if (counted.failures >= limit) throw tooMany((counted.endsAt - clock()) / 1000)
        const { waiting } = counted
        await new Promise<void>((resolve) => waiting.push(resolve))
        counted = current(key)
      }
      counted.underWay += 1
      try {
        return await work()
      } catch (error) {
        if (isFailure(error)) counted.failures += 1
        throw error
      } finally {
        counted.underWay -= 1
        const awake = counted.failures >= limit ? counted.waiting.length : 1
        for (const wake of counted.waiting.splice(0, awake)) wake()
      }
    },
  }
}

/**
 * Whether credentials were wrong. A refusal after right ones is no guess; one that is told as wrong credentials counts as such, so that the
 * count tells no more than the answer.
 */
function isFailure(error: unknown): boolean {
  return isSojournError(error) && disclosed(error, 'login').code === 'ERR_CREDENTIALS_INVALID'
}

function tooMany(seconds: number): SojournError {
  return new SojournError('ERR_RATE_LIMITED', 'There were too many attempts to log in.', {
    retryAfter: Math.max(1, Math.ceil(seconds)),
  })
}
