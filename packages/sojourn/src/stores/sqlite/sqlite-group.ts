// How do several writes become one commit, each of them whole or not at all?
import type { OpenConnection, SqliteConnection } from './sqlite-connection.ts'
import { isBusy, storeError } from './sqlite-errors.ts'

/** Which commits reach the disk before they are answered: all (`full`), or those that must (`normal`). */
export type Durability = 'normal' | 'full'

/** A write that waits for its commit. */
export interface Attempt {
  readonly durable: boolean
  /** Until when it waits for the locks of others, on the clock of `performance`. */
  readonly deadline: number
  /** Writes, and answers what to do once that is committed. */
  readonly run: (db: SqliteConnection) => () => void
  readonly reject: (error: unknown) => void
}

/**
 * Commits writes together and settles each of them.
 *
 * Throws when nothing was committed and none was settled. After a commit that failed half-way all are rejected: whether the
 * changes are there is not known.
 */
export function commitGroup(connection: OpenConnection, group: readonly Attempt[], durability: Durability): void {
  const durable = durability === 'full' || group.some((attempt) => attempt.durable)
  connection.waitForDisk(durable ? 'FULL' : 'NORMAL')
  let settle: readonly (() => void)[]
  try {
    settle = together(connection, group)
  } catch (error) {
    if (isBusy(error)) throw error
    settle = oneByOne(connection, group)
  }
  try {
    connection.db.exec('COMMIT')
  } catch (error) {
    undo(connection)
    if (isBusy(error)) throw error
    for (const attempt of group) attempt.reject(storeError(error, 'unknown'))
    return
  }
  for (const each of settle) each()
  connection.committed()
}

/** Runs all writes. When one of them throws, all are undone. */
function together(connection: OpenConnection, group: readonly Attempt[]): readonly (() => void)[] {
  connection.begin()
  try {
    return group.map((attempt) => attempt.run(connection))
  } catch (error) {
    undo(connection)
    throw error
  }
}

/** Runs every write under a savepoint of its own, so that one which throws is undone alone. */
function oneByOne(connection: OpenConnection, group: readonly Attempt[]): readonly (() => void)[] {
  const { db } = connection
  connection.begin()
  try {
    return group.map((attempt) => {
      db.exec('SAVEPOINT attempt')
      try {
        return attempt.run(connection)
      } catch (error) {
        // After some errors, such as a full disk, SQLite has undone the whole transaction: then nobody goes on.
        if (isBusy(error) || !db.isTransaction) throw error
        db.exec('ROLLBACK TO attempt')
        return () => attempt.reject(storeError(error, 'no'))
      } finally {
        if (db.isTransaction) db.exec('RELEASE attempt')
      }
    })
  } catch (error) {
    undo(connection)
    throw error
  }
}

function undo({ db }: OpenConnection): void {
  if (db.isTransaction) db.exec('ROLLBACK')
}
