// How is what is dead removed in the background without holding anybody up?
import type { Seconds } from './time.ts'

/** A batch, small enough that others on the same store hardly wait: SQLite removes it on the thread that serves everybody. */
const BATCH = 40

/** The shortest time between two sweeps of a process, in intervals. */
const EARLIEST = 0.9

/** A timer that sweeps. */
export interface Sweeper {
  close(): void
}

/** What a sweeper needs. */
export interface SweeperOptions {
  /** `0` for never. */
  readonly interval: Seconds
  /** Whether nobody else has done it within so long. */
  claim(interval: Seconds): Promise<boolean>
  sweep(limit: number): Promise<{ readonly removed: number; readonly more: boolean }>
  done(removed: number): void
  failed(error: unknown): void
}

/** Sweeps at about the interval, a tenth more or less so that processes do not meet; never keeps the process alive. */
export function createSweeper(options: SweeperOptions): Sweeper {
  let closed = false
  let timer: NodeJS.Timeout | undefined

  const run = async () => {
    let removed = 0
    try {
      if (!(await options.claim(options.interval * EARLIEST))) return
      for (let more = true; more && !closed; ) {
        const batch = await options.sweep(BATCH)
        removed += batch.removed
        more = batch.more
        await new Promise((resolve) => setImmediate(resolve))
      }
      options.done(removed)
    } catch (error) {
      options.failed(error)
    }
  }
  const schedule = () => {
    if (closed || options.interval === 0) return
    timer = setTimeout(() => run().finally(schedule), options.interval * 1000 * (EARLIEST + 2 * (1 - EARLIEST) * Math.random()))
    timer.unref()
  }

  schedule()
  return {
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
