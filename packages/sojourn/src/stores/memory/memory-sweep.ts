// Which of many entries are dead, found a few at a time?
import type { Queue, Queued } from './memory-queue.ts'

/** How many entries one step looks at, for each that it may find. */
const REACH = 10

/** The next step of a sweep: the dead it found, and whether it stopped short of the end. */
export type SweepStep<T> = (
  isDead: (entry: T) => boolean,
  limit: number,
) => { readonly dead: readonly T[]; readonly more: boolean }

/** Looks through a queue step by step, from its beginning to its end and then again. What dies behind its back is found next time round. */
export function sweepOf<T extends Queued>(entries: Queue<T>): SweepStep<T> {
  let place = 0
  return (isDead, limit) => {
    const dead: T[] = []
    const read = entries.after(place, limit * REACH)
    for (const entry of read) {
      if (dead.length === limit) return { dead, more: true }
      place = entry.sequence
      if (isDead(entry)) dead.push(entry)
    }
    const more = read.length === limit * REACH
    if (!more) place = 0
    return { dead, more }
  }
}
