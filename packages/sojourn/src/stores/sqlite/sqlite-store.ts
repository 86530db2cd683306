// What does `sqliteStore()` answer, and which options does it take?
import { refuseUnknown } from '../../engine/check.ts'
import { invalidOption } from '../../engine/error.ts'
import type { Seconds } from '../../engine/time.ts'
import type { Store } from '../../sso/directory.ts'
import { sqliteClients } from './sqlite-client.ts'
import { sqliteCounters } from './sqlite-counters.ts'
import { sqliteDirectory } from './sqlite-directory.ts'
import { directorySchema } from './sqlite-directory-schema.ts'
import { knownSessions } from './sqlite-known-sessions.ts'
import { sqliteSessions } from './sqlite-sessions.ts'
import { sessionSchema } from './sqlite-statements.ts'

/** What a SQLite store is opened with. */
export interface SqliteStoreOptions {
  /**
   * The database file, which is created when it is not there (mode 0600), or `:memory:`.
   *
   * Two more files appear beside it while it is open (`-wal`, `-shm`). It belongs on a local disk: the locks of network file systems
   * are not to be relied on.
   */
  readonly path: string
  /** What the names of all tables begin with: a letter, then letters, digits or `_`, at most 32 in all. Default: `sojourn`. */
  readonly prefix?: string
  /**
   * Which changes are on the disk before they are answered.
   *
   * Default: `normal`: revocations, deletions, new secrets, changes of users' versions and of the directory; others follow within moments,
   * so that a power failure (not the end of the process) may take the last of them. `full`: every change.
   */
  readonly durability?: 'normal' | 'full'
  /**
   * How long a call waits while another process holds the lock of the database.
   *
   * Unit: seconds. Default: `1.5`, which is below the `storeTimeout` of Sojourn, so that the more exact error comes first.
   */
  readonly busyTimeout?: Seconds
}

const OPTIONS = ['path', 'prefix', 'durability', 'busyTimeout']

/**
 * A store in one SQLite database: the embedded default of everything.
 *
 * Opens the file with the first call and brings its own tables up to date. Several processes may open one file. Sessions that were read stay
 * in memory, 16 MiB of attribute text at most, as long as the file says that nobody else has written to it; so an answer is never older than the file.
 *
 * @param options the path, or all options.
 * @throws {SojournError} `ERR_OPTION_INVALID` at once; from the calls of the store `ERR_STORE_UNAVAILABLE` when the file cannot be
 * used or stays locked, `ERR_STORE_CORRUPT` when it is no sound database, `ERR_SCHEMA_OUTDATED` when a newer version has written it.
 */
export function sqliteStore(options: string | SqliteStoreOptions): Store {
  const { path, prefix, durability, busyTimeout } = checked(typeof options === 'string' ? { path: options } : options)
  const parts = [sessionSchema(prefix), directorySchema(prefix)]
  const client = sqliteClients({ path, prefix, durability, busyTimeout: busyTimeout * 1000, parts })
  const known = knownSessions()
  const counters = sqliteCounters(prefix, known.forgetAll)
  const sessions = sqliteSessions(client(), counters, known, prefix)
  return { sessions, directory: sqliteDirectory(client(), counters, sessions, prefix) }
}

function checked(options: SqliteStoreOptions): Required<SqliteStoreOptions> {
  refuseUnknown('options', options, OPTIONS)
  const { path, prefix = 'sojourn', durability = 'normal', busyTimeout = 1.5 } = options
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw invalidOption('path', 'must be the path of a database file, or `:memory:`')
  if (!/^[a-z][a-z0-9_]{0,31}$/i.test(prefix))
    throw invalidOption('prefix', 'must be a letter and at most 31 letters, digits or `_`')
  if (durability !== 'normal' && durability !== 'full') throw invalidOption('durability', 'must be `normal` or `full`')
  if (!Number.isFinite(busyTimeout) || busyTimeout < 0)
    throw invalidOption('busyTimeout', 'must be a number of seconds, 0 or more')
  return { path, prefix, durability, busyTimeout }
}
