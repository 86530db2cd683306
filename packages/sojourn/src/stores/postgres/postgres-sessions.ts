// How does PostgreSQL keep sessions?
import { idOfCursor } from '../../engine/cursor.ts'
import { SojournError } from '../../engine/error.ts'
import type { Outcome, RevocationScope, SessionStore } from '../../engine/store.ts'
import { outcomeOf } from './postgres-attributes.ts'
import type { Row, Statement } from './postgres-client.ts'
import type { Database } from './postgres-database.ts'
import { assertAbout, type CallKind } from './postgres-failure.ts'
import {
  expiryOf,
  isTombstone,
  listedSession,
  scopeOf,
  sessionRow,
  storedSession,
  sweptRows,
  writeChange,
} from './postgres-session-rows.ts'
import { sessionStatements } from './postgres-session-statements.ts'
import { bit, number, oneOf, storable } from './postgres-text.ts'

const created = oneOf(['done', 'exists', 'superseded'])

/** Keeps sessions in a database. `lazily`: writes that end nothing are answered before they are safe from a crash of the server. */
export function postgresSessions(database: Database, prefix: string, lazily: boolean): SessionStore {
  const sql = sessionStatements(prefix, lazily)
  let closed = false

  async function run(kind: CallKind, statement: Statement, parameters: readonly (string | null)[]): Promise<readonly Row[]> {
    if (closed) throw new SojournError('ERR_STORE_UNAVAILABLE', 'The PostgreSQL store was closed.', { applied: 'no' })
    return database.run(kind, statement, parameters)
  }

  const one = async (kind: CallKind, statement: Statement, parameters: readonly (string | null)[]) =>
    (await run(kind, statement, parameters))[0] ?? []

  function revoked(scope: RevocationScope): readonly (string | null)[] {
    return typeof scope === 'string' ? [scope, null] : [scopeOf(scope.principal), scope.except ?? null]
  }

  return {
    sweepInterval: 14_400,

    async counters(principal) {
      const [generation, version] = await one('read', sql.counters, [scopeOf(principal)])
      return { generation: number(generation), version: number(version) }
    },

    async create(session, expect) {
      const expected = expect === undefined ? [null, null] : [String(expect.generation), String(expect.version)]
      const [answer] = await one('write', sql.create, [...sessionRow(session), ...expected])
      const outcome = created(answer)
      return outcome === 'done' ? { outcome, added: new Map() } : { outcome }
    },

    async load(id, want, now) {
      const [row] =
        want === 'header'
          ? await run('read', sql.loadHeader, [storable(id)])
          : want === 'all'
            ? await run('read', sql.loadAll, [storable(id)])
            : await run('read', sql.loadNamed, [storable(id), JSON.stringify(want.map(storable))])
      if (row === undefined) return undefined
      assertAbout(storable(id), row[0])
      if (expiryOf(row) <= now) return undefined
      return isTombstone(row) ? 'ended' : storedSession(row, now)
    },

    async update(id, change, now): Promise<Outcome> {
      const [answer] = await one('write', sql.update, [storable(id), writeChange(change), String(now)])
      return outcomeOf(answer)
    },

    async delete(id, now, tombstoneUntil) {
      const until = tombstoneUntil === undefined ? null : String(tombstoneUntil)
      const [wasLive] = await one('write', sql.delete, [storable(id), String(now), until])
      return bit(wasLive)
    },

    async list({ principal, after, limit }, now) {
      const page = [after === undefined ? '' : idOfCursor(after), String(limit)]
      const rows =
        principal === undefined
          ? await run('read', sql.listAll, page)
          : await run('read', sql.listScope, [...page, scopeOf(principal)])
      if (principal !== undefined) for (const row of rows) assertAbout(scopeOf(principal), row[1])
      const items = rows.map((row) => listedSession(row, now)).filter((session) => session !== undefined)
      const last = rows.at(-1)
      return last === undefined || rows.length < limit ? { items } : { items, next: String(last[0]) }
    },

    async revoke(scope) {
      await run('write', sql.revoke, revoked(scope))
    },

    async bump(principal) {
      await run('write', sql.bump, [scopeOf(principal)])
    },

    claimSweep: async () => true, // indexes lead to what is dead

    async sweep(now, limit) {
      const [answer] = await one('write', sql.sweep, [String(now), String(limit)])
      return sweptRows(answer)
    },

    async close() {
      closed = true
    },
  }
}
