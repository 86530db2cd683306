// How is a database file opened?
import { closeSync, existsSync, openSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { checkpointsOf } from './sqlite-checkpoints.ts'
import { migrate, type SchemaPart } from './sqlite-schema.ts'

/**
 * How long SQLite itself waits for a lock. Unit: milliseconds.
 *
 * The whole process waits with it, so it is short: enough for the commits of others, which take less than a millisecond each.
 */
const LOCK_WAIT = 3

/** The write-ahead log is cut back to this size after a burst. Unit: bytes. */
const LOG_LIMIT = 64 * 1024 * 1024

/** How many links one after the other lead to a file, as for Linux: more go round. */
const MOST_LINKS = 40

/** What one database is opened with. */
export interface ConnectionOptions {
  readonly path: string
  /** What the names of the tables begin with. */
  readonly prefix: string
  readonly parts: readonly SchemaPart[]
}

/** An open database. */
export interface SqliteConnection {
  /** The statement of this SQL, prepared once. Rows are arrays of their columns. */
  prepare(sql: string): StatementSync
  /** Which stretch of work is under way: a transaction, or reads that are answered together; `undefined` outside of both. */
  stretch(): number | undefined
  /** A value that is another one when another connection has committed. */
  dataVersion(): unknown
}

/** An open database as its client sees it. */
export interface OpenConnection extends SqliteConnection {
  readonly db: DatabaseSync
  /** Begins a transaction that writes. */
  begin(): void
  /** Runs reads as one stretch of work. */
  readTogether(run: () => void): void
  /** To be told after each commit. */
  committed(): void
  /** What the next transaction that writes has to wait for; `undefined`: nothing. */
  pause(): Promise<void> | undefined
  /** Says whether the next commit waits for the disk. */
  waitForDisk(mode: 'NORMAL' | 'FULL'): void
  close(): Promise<void>
}

/** Opens a database and brings its tables up to date. A new file is readable and writable by its owner alone (mode 0600). */
export function openConnection({ path, prefix, parts }: ConnectionOptions): OpenConnection {
  // SQLite takes a name that begins with `file:` for a URI: the file would be another one than was created privately.
  const name = path === ':memory:' ? path : resolve(path)
  if (path !== ':memory:') createPrivately(name)
  const db = new DatabaseSync(name, { timeout: LOCK_WAIT })
  try {
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = ${LOG_LIMIT}`)
    migrate(db, prefix, parts)
  } catch (error) {
    db.close()
    throw error
  }
  const setOwn = (pages: number) => db.exec(`PRAGMA wal_autocheckpoint = ${pages}`)
  const file = db.location()
  const checkpoints = file === null ? undefined : checkpointsOf(file, setOwn)
  const statements = new Map<string, StatementSync>()
  let mode = 'NORMAL'
  let begun = 0
  let isReading = false
  const prepare = (sql: string) => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const statement = db.prepare(sql)
    statement.setReturnArrays(true)
    statements.set(sql, statement)
    return statement
  }
  return {
    db,
    prepare,
    begin() {
      db.exec('BEGIN IMMEDIATE')
      begun += 1
    },
    readTogether(run) {
      begun += 1
      isReading = true
      try {
        run()
      } finally {
        isReading = false
      }
    },
    committed() {
      if (checkpoints === undefined) return
      const row: unknown = prepare('SELECT total_changes()').get()
      checkpoints.committed(Array.isArray(row) ? Number(row[0]) : 0)
    },
    pause: () => checkpoints?.pause(),
    stretch: () => (isReading || db.isTransaction ? begun : undefined),
    dataVersion() {
      const row: unknown = prepare('PRAGMA data_version').get()
      return Array.isArray(row) ? row[0] : undefined
    },
    waitForDisk(wanted) {
      if (mode !== wanted) db.exec(`PRAGMA synchronous = ${wanted}`)
      mode = wanted
    },
    async close() {
      await checkpoints?.close()
      db.close()
    },
  }
}

/** Creates the file unless it is there, also where a link leads to it. SQLite gives the files beside it the same mode. */
function createPrivately(path: string, links = MOST_LINKS): void {
  try {
    closeSync(openSync(path, 'ax', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    // SQLite would create what a link leads to, readable by everybody. What is there must not be opened: closing it would give back its locks.
    if (existsSync(path)) return
    if (links === 0) throw error
    createPrivately(resolve(realpathSync(dirname(path)), readlinkSync(path)), links - 1)
  }
}
