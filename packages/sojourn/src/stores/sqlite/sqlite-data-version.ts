// Has another connection committed, when many requests ask at once?
//
// SQLite takes a lock for the question and gives it back, two calls to the operating system, which is most of what the question costs. It does
// without them while another connection of this process has that lock. So from the second question in a turn of the event loop on, one
// has it, until the turn is over. Each question is still answered from what the file says at that moment (decisions/013).
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setImmediate } from 'node:timers' // as in sqlite-client.ts

/** After so many questions the lock is given back in any case: it keeps the write-ahead log from beginning anew. */
const MOST_QUESTIONS = 100

/** Asks for one connection. */
export interface DataVersion {
  /** A value that is another one when another connection has committed. */
  read(): unknown
  /** Gives the lock back: who commits has a newer one, and it is of no more use. */
  release(): void
  close(): void
}

/** `ask` is `PRAGMA data_version` of the connection. */
export function dataVersionOf(db: DatabaseSync, ask: StatementSync): DataVersion {
  const file = db.location() // of a database in memory there is none, nor a lock
  let keeper: Keeper | undefined
  let isRefused = file === null
  let isAsked = false
  /** For how many questions the lock is still kept; 0: it is not. */
  let left = 0
  let last: unknown

  function hold(path: string): void {
    try {
      keeper ??= openKeeper(path)
      keeper.hold()
      left = MOST_QUESTIONS
    } catch {
      // A lock that is not to be had, or too many open files: the question costs what it costs.
      isRefused = keeper === undefined
    }
  }
  function release(): void {
    if (left > 0) keeper?.release()
    left = 0
  }
  function endTurn(): void {
    isAsked = false
    release()
  }

  return {
    read() {
      if (file !== null && !isRefused && !db.isTransaction) {
        if (!isAsked) setImmediate(endTurn)
        else if (left === 0) hold(file)
        isAsked = true
      }
      const row: unknown = ask.get()
      const present: unknown = Array.isArray(row) ? row[0] : undefined
      if (present !== last || left === 1) release()
      else if (left > 0) left -= 1
      last = present
      return present
    },
    release,
    close() {
      release()
      isRefused = true
      keeper?.close()
    },
  }
}

/** A connection that does nothing but to have the lock of who reads. */
interface Keeper {
  hold(): void
  release(): void
  close(): void
}

function openKeeper(path: string): Keeper {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 0 })
  const [begin, look, end] = [db.prepare('BEGIN'), db.prepare('PRAGMA schema_version'), db.prepare('ROLLBACK')]
  const release = () => {
    if (db.isTransaction) end.run()
  }
  return {
    hold() {
      begin.run()
      try {
        look.get() // the lock is taken when something is read
      } catch (error) {
        release()
        throw error
      }
    },
    release,
    close: () => db.close(),
  }
}
