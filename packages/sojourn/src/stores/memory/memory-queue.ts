// How is a list that grows and shrinks read page by page, at a cost that its length does not change?

/** What is kept in a queue: it knows its place, and whether it was taken out. */
export interface Queued {
  /** Its place: later entries have higher numbers. */
  readonly sequence: number
  removed: boolean
}

/** Entries in the order of their arrival. */
export interface Queue<T extends Queued> {
  push(entry: T): void
  /** Tells that an entry was marked as removed. */
  forget(): void
  /** At most `limit` entries after a place, those in between that were removed left out. */
  after(sequence: number, limit: number): readonly T[]
  /** How many entries are there. */
  size(): number
}

/** Makes an empty queue. Removed entries are cleared away when they outnumber the others, which keeps every call cheap on average. */
export function queue<T extends Queued>(): Queue<T> {
  let entries: T[] = []
  let removed = 0

  /** The index of the first entry after a place. */
  function seek(sequence: number): number {
    let low = 0
    let high = entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = entries[middle]
      if (entry !== undefined && entry.sequence <= sequence) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    push: (entry) => {
      entries.push(entry)
    },
    forget() {
      removed += 1
      if (removed * 2 <= entries.length) return
      entries = entries.filter((entry) => !entry.removed)
      removed = 0
    },
    after(sequence, limit) {
      const found: T[] = []
      for (let index = seek(sequence); index < entries.length && found.length < limit; index += 1) {
        const entry = entries[index]
        if (entry !== undefined && !entry.removed) found.push(entry)
      }
      return found
    },
    size: () => entries.length - removed,
  }
}
