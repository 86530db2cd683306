// Which generations and versions are in force, in SQLite?
import type { Counters } from '../../engine/store.ts'
import type { SqliteConnection } from './sqlite-connection.ts'

/** The counters that decide which sessions are alive. The directory part of the store moves them in its own transactions. */
export interface SqliteCounters {
  /** The counters of a principal by their id, or of the guests (`null`), whose version stays 0. */
  of(db: SqliteConnection, principal: string | null): Counters
  /** The generation of everybody. */
  all(db: SqliteConnection): number
  /** Ends all sessions of a principal by their id, of the guests (`null`), save one. */
  revoke(db: SqliteConnection, principal: string | null, except?: string): void
  /** Ends all sessions. */
  revokeAll(db: SqliteConnection): void
  /** Raises the version of a principal by their id. */
  bump(db: SqliteConnection, principal: string): void
}

/** The scope of everybody in the table of counters. */
export const ALL = 'all'

/** The scope of a principal in the table of counters, or of the guests. */
function scopeOf(principal: string | null): string {
  return principal === null ? 'guests' : `u:${principal}`
}

/** The principal of such a scope, `null` for the guests. */
export function principalOf(scope: string): string | null {
  return scope === 'guests' ? null : scope.slice(2)
}

/** The counters in the tables of a prefix; `moved` is told of each that moves. */
export function sqliteCounters(prefix: string, moved: () => void): SqliteCounters {
  const table = `${prefix}_counters`
  /** ?1 scope: generation, version. */
  const read = `SELECT generation, version FROM ${table} WHERE scope = ?1`
  /** ?1 scope: the new generation. The sweep begins at the first session of the scope, once more where it was under way. */
  const revoke = `INSERT INTO ${table} VALUES (?1, 1, 0, 0)
    ON CONFLICT DO UPDATE SET generation = generation + 1, sweep_after = 0 RETURNING generation`
  /** ?1 scope. */
  const bump = `INSERT INTO ${table} VALUES (?1, 0, 1, NULL) ON CONFLICT DO UPDATE SET version = version + 1`
  /** ?1 id, ?2 principal, ?3 the new generation: moves a session that was alive under the one before. */
  const spare = `UPDATE ${prefix}_sessions SET generation = ?3 WHERE id = ?1 AND principal = ?2 AND generation = ?3 - 1`

  function counters(db: SqliteConnection, scope: string): Counters {
    const row: unknown = db.prepare(read).get(scope)
    return Array.isArray(row) ? { generation: Number(row[0]), version: Number(row[1]) } : { generation: 0, version: 0 }
  }

  return {
    of: (db, principal) => counters(db, scopeOf(principal)),
    all: (db) => counters(db, ALL).generation,
    revoke(db, principal, except) {
      moved()
      const row: unknown = db.prepare(revoke).get(scopeOf(principal))
      if (except !== undefined && Array.isArray(row)) db.prepare(spare).run(except, principal, Number(row[0]))
    },
    revokeAll(db) {
      moved()
      db.prepare(revoke).get(ALL)
    },
    bump(db, principal) {
      moved()
      db.prepare(bump).run(scopeOf(principal))
    },
  }
}
