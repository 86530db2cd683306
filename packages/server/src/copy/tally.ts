// What does one pass over a kind of data tell?

/** How much there was and what was done. */
export interface Tally {
  /** How many the source has. */
  source: number
  /** How many the target has. */
  target: number
  /** How many were written or removed at the target. */
  changed: number
  /** How many are still to be written, because something else stands in the way until the next pass. */
  waiting: number
}

/** Nothing yet. */
export function emptyTally(): Tally {
  return { source: 0, target: 0, changed: 0, waiting: 0 }
}

/** What a pass works with besides the stores. */
export interface PassContext {
  readonly clock: () => number
  readonly signal: AbortSignal
  /** Told how many more have been looked at. */
  readonly advance: (count: number) => void
}
