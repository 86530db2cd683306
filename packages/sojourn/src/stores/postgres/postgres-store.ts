// What does `postgresStore()` answer, and how does it lay out what it keeps?
//
// Layout, each table under the prefix: `sessions`, a row a session with all its attributes in one `jsonb` cell and its history in
// another; `generations`, a row a scope (`u:` and a user id, `guests`, `all`) with the counters that decide which sessions are alive;
// `users` with their attributes, `links`, `tokens`, `audit`, `effects`; `meta`: the schema's version, how sessions are laid out, the
// installation key. Every call is one statement. Those that decide and then write are functions in the database, which lock
// the row they decide about. Nothing is kept in a connection, so that any call may go through any.
import type { CacheOptions } from '../../engine/cache/cache-options.ts'
import { withSessionCache } from '../../engine/cache/session-cache.ts'
import { hasNames, refuseUnknown } from '../../engine/check.ts'
import { invalidOption } from '../../engine/error.ts'
import type { Seconds } from '../../engine/time.ts'
import type { Store } from '../../sso/directory.ts'
import { withForgetting } from './postgres-cached-directory.ts'
import { isPostgresClient, type PostgresClient } from './postgres-client.ts'
import { database } from './postgres-database.ts'
import { postgresDirectory } from './postgres-directory.ts'
import { postgresFingerprint, postgresInvalidation } from './postgres-invalidation.ts'
import { sessionStatements } from './postgres-session-statements.ts'
import { postgresSessions } from './postgres-sessions.ts'

/** Settings of {@link postgresStore}. */
export interface PostgresOptions {
  /**
   * The function that `postgres(..., { fetch_types: false })` (postgres.js) answers, or a `Pool` of `pg`. It stays yours: closing the store
   * leaves it open. With `fetch_types` on, the default of postgres.js, the process warns (`SOJOURN_FETCH_TYPES`): a connection that breaks while
   * the types of arrays are fetched is a rejection that nobody can handle, and ends the process.
   */
  readonly client: PostgresClient
  /** What the names of all tables and functions begin with. Default: `'sojourn'`. Lower-case letters, digits and `_`, at most 32. */
  readonly prefix?: string
  /**
   * Keeps sessions in tables that are not written ahead. Default: `false`. A crash of the server, or a failover to a replica, then
   * ends every session; the directory and revocations are not affected. Fixed when the tables are made.
   */
  readonly unlogged?: boolean
  /**
   * `off`: a write of a session is answered before it is on disk. A crash of the server may take back the last fraction of a second of
   * them, never half of one. Revocations, deletions, new secrets and directory writes are on disk before they are answered whatever is set
   * here. Default: `'on'`, which leaves the server's own setting in force.
   */
  readonly synchronousCommit?: 'on' | 'off'
  /** Among how many tables sessions are spread by their shard: 1, 2, 4, ... 64. Default: `1`. Fixed when the tables are made. */
  readonly partitions?: number
  /**
   * Whether statements are prepared by name. Default: `true`. Set `false` behind a pooler that hands out connections by transaction and does
   * not keep track of names (PgBouncer before 1.21, or its `max_prepared_statements` at 0).
   */
  readonly prepare?: boolean
  /**
   * How long a call waits for its answer, and for a connection before that, whatever the client does. Default: `10` (10 seconds). The
   * engine's `storeTimeout` usually ends sooner.
   */
  readonly callTimeout?: Seconds
  /**
   * Answers sessions from the memory of this process, for as long as the server tells it what changes: a connection of its own that
   * listens (of a pool of `pg`, one of its connections). It has to reach the server, or a pooler that keeps connections apart; otherwise
   * nothing is answered from memory. While any process has a cache, and for an hour after, every change of a session is sent as a
   * notification, and PostgreSQL commits those one after the other: consider `synchronousCommit: 'off'` with it. Default: none.
   */
  readonly cache?: CacheOptions
}

const OPTIONS = ['client', 'prefix', 'unlogged', 'synchronousCommit', 'partitions', 'prepare', 'callTimeout', 'cache']

function checked(
  given: PostgresClient | PostgresOptions,
): Required<Omit<PostgresOptions, 'cache'>> & Pick<PostgresOptions, 'cache'> {
  const options = isPostgresClient(given) || !hasNames(given) ? { client: given } : given
  refuseUnknown('options', options, OPTIONS)
  const {
    client,
    prefix = 'sojourn',
    unlogged = false,
    synchronousCommit = 'on',
    partitions = 1,
    prepare = true,
    callTimeout = 10,
    cache,
  } = options
  if (!isPostgresClient(client)) throw invalidOption('client', 'is neither a client of `postgres` nor a pool of `pg`')
  if (!/^[a-z][a-z0-9_]{0,31}$/.test(prefix))
    throw invalidOption('prefix', 'must begin with a lower-case letter and go on with letters, digits and `_`')
  if (![1, 2, 4, 8, 16, 32, 64].includes(partitions)) throw invalidOption('partitions', 'must be a power of two up to 64')
  if (!['on', 'off'].includes(synchronousCommit)) throw invalidOption('synchronousCommit', "must be 'on' or 'off'")
  for (const [name, value] of Object.entries({ unlogged, prepare })) {
    if (typeof value !== 'boolean') throw invalidOption(name, 'must be true or false')
  }
  if (!(callTimeout > 0 && callTimeout <= 3600))
    throw invalidOption('callTimeout', 'must be a number of seconds above 0, at most 3600')
  const settings = { client, prefix, unlogged, synchronousCommit, partitions, prepare, callTimeout }
  return cache === undefined ? settings : { ...settings, cache }
}

/**
 * Keeps sessions and the directory in PostgreSQL 15 or later.
 *
 * The tables are made, and brought up to date, at the first call, under a lock, so any number of processes may start at once. A call that
 * ran out of time leaves its connection to your client: give that time limits as well (`connectionTimeoutMillis` and `query_timeout` of
 * `pg`, `connect_timeout` of `postgres`), or a server that went silent keeps its connections.
 *
 * @param given a client of `postgres` or a pool of `pg`, or {@link PostgresOptions}.
 * @throws {SojournError} `ERR_OPTION_INVALID` when an option is unknown or not valid; from the first call on also when `unlogged` or `partitions`
 * are not what the tables were made with.
 * @throws {SojournError} from every call: `ERR_STORE_UNAVAILABLE` when the database does not answer, is read-only or has no connection to
 * give; `applied` says what became of the change. `ERR_VALUE_TOO_LARGE` for the id of a user or a linked account of more than some 2,600 bytes,
 * which no index of PostgreSQL holds. `ERR_SCHEMA_OUTDATED` when a newer version of Sojourn has changed the tables.
 */
export function postgresStore(given: PostgresClient | PostgresOptions): Store {
  const { client, prefix, unlogged, synchronousCommit, partitions, prepare, callTimeout, cache } = checked(given)
  const tables = database({ client, prefix, prepare, layout: { unlogged, partitions }, callTimeout })
  const isLazy = synchronousCommit === 'off'
  const sessions = postgresSessions(tables, prefix, isLazy)
  if (cache === undefined) return { sessions, directory: postgresDirectory(tables, prefix, sessions) }
  const { listening, fingerprint } = sessionStatements(prefix, isLazy)
  const source = {
    store: sessions,
    channel: postgresInvalidation(client, tables, prefix, listening),
    fingerprint: postgresFingerprint(tables, fingerprint),
  }
  const cached = withSessionCache(source, cache)
  return {
    sessions: cached.store,
    directory: withForgetting(postgresDirectory(tables, prefix, cached.store), cached.cache),
  }
}
