// Whose record goes with a session, without asking the directory at every request?
import type { People } from '../engine/people.ts'
import type { Clock, Millis } from '../engine/time.ts'

/** How many records are kept; those read longest ago go first: to note each use would cost more than to read one again now and then. */
const MOST_RECORDS = 10_000

/** For how long it is remembered that there is no record: one may be made without a word. Unit: milliseconds. */
const ABSENCE = 60_000

/** Records of users, as they were at a version. */
export interface UserCache {
  /** The record of a user at that version or a later one: at once where it is known, otherwise as a promise. */
  load(userId: string, version: number): unknown
}

interface Known {
  readonly version: number
  readonly record: unknown
  /** From when on it is asked for again, whatever the version, if there was none. */
  readonly until: Millis
}

/** Keeps the records that a directory answers, until their version is raised; that there is none, for a minute at most. */
export function createUserCache(people: People | undefined, clock: Clock): UserCache {
  const records = new Map<string, Known>()
  return {
    load(userId, version) {
      if (people === undefined) return undefined
      const known = records.get(userId)
      // The clock is asked where it matters: this runs with every request.
      const isKnown = known?.version === version && (known.record !== undefined || known.until > clock())
      return isKnown ? known.record : read(people, userId, version)
    },
  }

  async function read(from: People, userId: string, version: number): Promise<unknown> {
    const record = await from.load(userId)
    // Read after the version was: it is of that version or later, so that at worst it is read once more.
    records.delete(userId)
    records.set(userId, { version, record, until: clock() + ABSENCE })
    for (const [oldest] of records) {
      if (records.size <= MOST_RECORDS) break
      records.delete(oldest)
    }
    return record
  }
}
