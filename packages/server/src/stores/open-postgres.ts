// How is PostgreSQL opened by its URL?
import postgres, { type Sql } from 'postgres'
import { SojournError } from 'sojourn'
import { postgresStore } from 'sojourn/postgres'
import { UsageError } from '../command-line/usage.ts'
import { maskedUrl } from '../settings/settings.ts'
import type { Commit, OpenedUrl, StoreFinding } from './opened-url.ts'
import { type SharedSql, sharedSql } from './shared-sql.ts'

/** How many connections one process holds at most. */
const CONNECTIONS = 10

/** How long a connection may take to come about, and to finish at the end. Unit: seconds. */
const PATIENCE = 5

/** The oldest version that is supported, as the server counts. */
const OLDEST = 150_000

/** Whether the tables of a store with the default prefix are there. */
const EXISTS = "SELECT to_regclass('sojourn_meta') IS NOT NULL"

const SETTINGS = `SELECT current_setting('server_version_num')::integer, current_setting('server_version'), current_setting('fsync'),
  current_setting('synchronous_commit'), pg_is_in_recovery(), current_setting('max_connections')::integer`

/** Opens PostgreSQL. Throws {@link UsageError} for a URL that is none. */
export function openPostgres(url: string, synchronousCommit: Commit | undefined): OpenedUrl {
  const sql = sharedSql(() => clientOf(url), CONNECTIONS)
  return {
    ...postgresStore({ client: sql, synchronousCommit: synchronousCommit ?? 'on' }),
    isLasting: true,
    keysFile: undefined,
    file: undefined,
    exists: async () => (await firstRow(sql, EXISTS))[0] === true,
    findings: async () => findingsOf(await firstRow(sql, SETTINGS)),
    disconnect: () => sql.end(PATIENCE),
  }
}

function clientOf(url: string): Sql {
  try {
    return postgres(url, {
      max: 1,
      connect_timeout: PATIENCE,
      backoff: (attempt) => Math.min(0.05 * 2 ** attempt, 1),
      fetch_types: false,
      onnotice: () => {},
      connection: { application_name: 'sojourn' },
    })
  } catch (error) {
    throw new UsageError(`${maskedUrl(url)} is not a URL of PostgreSQL: postgres://USER:PASSWORD@HOST:PORT/DATABASE.`, {
      cause: error,
    })
  }
}

async function firstRow(sql: SharedSql, statement: string): Promise<readonly unknown[]> {
  try {
    return (await sql.unsafe(statement).values())[0] ?? []
  } catch (error) {
    const reason = error instanceof Error && error.message !== '' ? error.message : 'it does not answer'
    throw new SojournError('ERR_STORE_UNAVAILABLE', `PostgreSQL cannot be asked: ${reason}.`, { cause: error, applied: 'no' })
  }
}

function findingsOf([number, version, fsync, commit, isReplica, connections]: readonly unknown[]): readonly StoreFinding[] {
  const isOld = Number(number) < OLDEST
  const found: StoreFinding[] = [
    isOld
      ? { state: 'fault', finding: `PostgreSQL ${version} is too old`, fix: 'Upgrade to PostgreSQL 15 or later.' }
      : { state: 'ok', finding: `PostgreSQL ${version}, ${connections} connections at most`, fix: null },
  ]
  if (isReplica === true)
    found.push({ state: 'fault', finding: 'this server is a replica and takes no writes', fix: 'Name the primary server.' })
  if (fsync === 'off')
    found.push({ state: 'warning', finding: '`fsync` is off: a crash may destroy the database', fix: 'Set `fsync = on`.' })
  if (commit === 'off') {
    const finding = '`synchronous_commit` is off: a crash may take back the last fraction of a second of session writes'
    found.push({ state: 'warning', finding, fix: 'Set `synchronous_commit = on`, unless that is wanted.' })
  }
  if (Number(connections) < 2 * CONNECTIONS) {
    const finding = `\`max_connections\` is ${connections}, and each process takes up to ${CONNECTIONS}`
    found.push({ state: 'warning', finding, fix: 'Raise `max_connections`.' })
  }
  return found
}
