// How are costly jobs kept from piling up?
import { SojournError } from '../../engine/error.ts'
import type { Seconds } from '../../engine/time.ts'

/** How many jobs run and wait. */
export interface LimitOptions {
  readonly parallel: number
  readonly waiting: number
  /** How long a job waits for its turn. Unit: seconds. */
  readonly waitTimeout: Seconds
}

/** Runs jobs, each in its turn. */
export type Limited = <T>(job: () => Promise<T>) => Promise<T>

function overloaded(retryAfter: Seconds): SojournError {
  return new SojournError('ERR_RATE_LIMITED', 'More passwords wait to be checked than can be in time.', { retryAfter })
}

/**
 * Lets that many jobs run at once and that many wait, each only for a while.
 *
 * @throws {SojournError} `ERR_RATE_LIMITED`, from the call that could not be served.
 */
export function limited({ parallel, waiting, waitTimeout }: LimitOptions): Limited {
  const queue: (() => void)[] = []
  let running = 0

  function turn(): Promise<void> {
    if (running < parallel) {
      running += 1
      return Promise.resolve()
    }
    if (queue.length >= waiting) return Promise.reject(overloaded(Math.ceil(waitTimeout)))
    return new Promise((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(begin), 1)
        reject(overloaded(Math.ceil(waitTimeout)))
      }, waitTimeout * 1000)
      timer.unref()
      queue.push(begin)
    })
  }

  function pass(): void {
    const next = queue.shift()
    if (next === undefined) running -= 1
    else next()
  }

  return async (job) => {
    await turn()
    try {
      return await job()
    } finally {
      pass()
    }
  }
}
