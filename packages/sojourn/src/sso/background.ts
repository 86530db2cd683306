// What does an open Sojourn do by itself?
import type { EngineCore } from '../engine/core.ts'
import { createSweeper } from '../engine/sweeper.ts'
import type { Seconds } from '../engine/time.ts'
import type { Directory } from './directory.ts'
import { CATCH_UP_INTERVAL, type Effects } from './effects.ts'

/** Work on timers that keep no process alive. */
export interface Background {
  close(): void
}

/** Removes expired one-time tokens, and looks for effects that were left behind: at once, and then every second. */
export function startBackground(
  { clock, events }: Pick<EngineCore, 'clock' | 'events'>,
  directory: Pick<Directory, 'sweep'>,
  effects: Effects,
  sweepInterval: Seconds,
): Background {
  const sweeper = createSweeper({
    interval: sweepInterval,
    claim: async () => true, // an index leads to what has expired
    sweep: (limit) => directory.sweep(clock(), limit),
    done: (removed) => events.emit({ type: 'sweep.done', at: clock(), removed }),
    failed: (error) => events.emit({ type: 'sweep.failed', at: clock(), error }),
  })
  if (effects.mode === 'here') return sweeper
  let isBusy = false
  const catchUp = async () => {
    if (isBusy) return
    isBusy = true
    await effects.catchUp().catch((error: unknown) => events.emit({ type: 'effects.failed', at: clock(), error }))
    isBusy = false
  }
  void catchUp()
  const timer = setInterval(catchUp, CATCH_UP_INTERVAL).unref()
  return {
    close() {
      clearInterval(timer)
      sweeper.close()
    },
  }
}
