// Which sessions and tombstones does a sweep of SQLite remove, a bounded number at a time?
//
// Expired ones come from their index. Revoked ones are looked for where a revocation has left a mark in the counters: from there on
// in the order of their numbers, `limit` rows a call, until the scope is through.
import type { EndedSession } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import { ALL, principalOf } from './sqlite-counters.ts'
import type { SessionStatements } from './sqlite-statements.ts'

/** A row of `expired` and `revoked...`. */
type DeadRow = readonly [number: number, revoked: number, id: string, principal: string | null]

type Swept = { readonly removed: number; readonly ended: readonly EndedSession[]; readonly more: boolean }

/** Makes the sweep; it runs within a transaction. */
export function sweepSessions(sql: SessionStatements): (db: SqliteConnection, now: Millis, limit: number) => Swept {
  function rowsOf(
    db: SqliteConnection,
    statement: string,
    ...parameters: readonly (string | number | null)[]
  ): readonly DeadRow[] {
    const rows: unknown = db.prepare(statement).all(...parameters)
    return rows as readonly DeadRow[] // the columns of these statements, from STRICT tables
  }

  /** The revoked among the next rows of a scope that is to be swept, and whether there is more to look at. */
  function nextRevoked(db: SqliteConnection, limit: number): { readonly dead: readonly DeadRow[]; readonly more: boolean } {
    const marked: unknown = db.prepare(sql.nextToSweep).get()
    if (!Array.isArray(marked)) return { dead: [], more: false }
    const [scope, after] = marked
    const rows =
      scope === ALL
        ? rowsOf(db, sql.revokedOfAll, after, limit)
        : rowsOf(db, sql.revokedOfPrincipal, after, limit, principalOf(scope))
    db.prepare(sql.sweepOn).run(scope, rows.length < limit ? null : (rows.at(-1)?.[0] ?? null))
    return { dead: rows.filter(([, revoked]) => revoked === 1), more: true }
  }

  return (db, now, limit) => {
    const expired = rowsOf(db, sql.expired, now, limit)
    const gone = new Set(expired.map(([number]) => number))
    const room = limit - expired.length
    const revoked = room === 0 ? { dead: [], more: true } : nextRevoked(db, room)
    const dead = [...expired, ...revoked.dead.filter(([number]) => !gone.has(number))]
    for (const [number] of dead) db.prepare(sql.deleteSession).run(number)
    const rest = limit - dead.length
    const tombstones = rest === 0 ? 0 : Number(db.prepare(sql.unburyOld).run(now, rest).changes)
    return {
      removed: dead.length + tombstones,
      ended: dead.map(([, wasRevoked, id, principal]) => ({ id, principal, reason: wasRevoked === 1 ? 'revoked' : 'expired' })),
      more: revoked.more || expired.length === limit || tombstones === rest,
    }
  }
}
