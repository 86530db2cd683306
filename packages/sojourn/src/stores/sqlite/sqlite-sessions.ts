// How are sessions kept in SQLite?
//
// The tables are described in `sqlite-statements.ts`, the columns in `sqlite-rows.ts`. Reads are one statement each (one more where
// there is no live session: it may have a tombstone), or none where the session is remembered (`sqlite-known-sessions.ts`). A write
// reads, decides by the shared rules and writes within the transaction of its group; nobody else writes meanwhile, so what it read still holds.
import { appendHistory, applyChange } from '../../engine/attributes/apply-change.ts'
import { numberOfCursor } from '../../engine/cursor.ts'
import type {
  NewSession,
  Outcome,
  SessionChange,
  SessionHeader,
  SessionId,
  SessionStore,
  StoredAttribute,
  StoredSession,
  Want,
} from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import type { SqliteClient } from './sqlite-client.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { SqliteCounters } from './sqlite-counters.ts'
import { answerOf, type KnownSession, type KnownSessions } from './sqlite-known-sessions.ts'
import {
  packAttributes,
  packChangedHeader,
  packHeader,
  packHistory,
  unpackAttributes,
  unpackHeader,
  unpackHistory,
} from './sqlite-rows.ts'
import { sessionStatements } from './sqlite-statements.ts'
import { sweepSessions } from './sqlite-sweep.ts'

const DONE: Outcome = { outcome: 'done', added: new Map() }

/** Where the columns of a header begin in the rows of `load`, and what follows them. */
const ROW = { version: 0, header: 1, attributes: 15, writes: 16, number: 17 } as const

/** What the rows of `findSession` say. */
const FOUND = { number: 0, isAlive: 1, hasExpired: 2 } as const

/** Where they begin in the rows of a list. */
const LISTED = { number: 0, alive: 1, history: 2, header: 3 } as const

/** What a write came to, and what to do once it is committed. */
interface Written {
  readonly outcome: Outcome
  readonly committed?: () => void
}

/** Keeps sessions in the tables of a prefix. Whoever moves the counters has `known` forget. */
export function sqliteSessions(
  client: SqliteClient,
  counters: SqliteCounters,
  known: KnownSessions,
  prefix: string,
): SessionStore {
  const sql = sessionStatements(prefix)
  const sweep = sweepSessions(sql)

  /** The first row of a statement, or `undefined`. */
  function row(db: SqliteConnection, statement: string, id: SessionId, now: Millis): readonly unknown[] | undefined {
    const found: unknown = db.prepare(statement).get(id, now)
    return Array.isArray(found) ? found : undefined
  }

  function create(db: SqliteConnection, session: NewSession, expect: Parameters<SessionStore['create']>[1]): Outcome {
    const { id, principal, createdAt, attributes, history } = session
    const former = row(db, sql.findSession, id, createdAt)
    if (former !== undefined && former[FOUND.hasExpired] !== 1) return { outcome: 'exists' }
    if (row(db, sql.findTombstone, id, createdAt) !== undefined) return { outcome: 'exists' }
    const { generation, version } = counters.of(db, principal)
    if (expect !== undefined && (expect.generation !== generation || expect.version !== version)) return { outcome: 'superseded' }
    db.prepare(sql.unbury).run(id)
    if (former !== undefined) erase(db, id, former)
    const writes = [...attributes.values()].reduce((highest, { revision }) => Math.max(highest, revision), 0)
    const { lastInsertRowid } = db
      .prepare(sql.insert)
      .run(id, principal, generation, counters.all(db), ...packHeader(session), writes, packAttributes(attributes, createdAt))
    if (history.length > 0) db.prepare(sql.writeHistory).run(lastInsertRowid, packHistory(history))
    return DONE
  }

  /** Removes a session that `findSession` has found. */
  function erase(db: SqliteConnection, id: SessionId, found: readonly unknown[]): void {
    db.prepare(sql.deleteSession).run(Number(found[FOUND.number]))
    known.forget(id)
  }

  /** The row of a live session. */
  function read(db: SqliteConnection, id: SessionId, now: Millis): KnownSession | undefined {
    const found = row(db, sql.load, id, now)
    if (found === undefined) return undefined
    const header = unpackHeader(found, ROW.header)
    let column = String(found[ROW.attributes])
    const { length } = column
    let attributes: ReadonlyMap<string, StoredAttribute> | undefined
    const unpack = () => {
      attributes ??= unpackAttributes(column, header.createdAt, 'all')
      column = ''
      return attributes
    }
    return {
      number: Number(found[ROW.number]),
      header,
      version: Number(found[ROW.version]),
      writes: Number(found[ROW.writes]),
      length,
      attributes: unpack,
    }
  }

  function load(db: SqliteConnection, id: SessionId, want: Want, now: Millis): StoredSession | 'ended' | undefined {
    const remembered = known.find(db, id, now)
    if (remembered !== undefined) return answerOf(remembered, want, now)
    const found = read(db, id, now)
    if (found === undefined) return row(db, sql.findTombstone, id, now) === undefined ? undefined : 'ended'
    known.keep(found)
    return answerOf(found, want, now)
  }

  function update(db: SqliteConnection, id: SessionId, change: SessionChange, now: Millis): Written {
    const before = known.find(db, id, now) ?? read(db, id, now)
    if (before === undefined) return { outcome: { outcome: 'missing' } }
    const { number, header } = before
    const applied = applyChange({ ...before, attributes: before.attributes() }, change, now)
    if (applied.outcome !== 'done') return { outcome: applied }
    const { attributes, writes, added } = applied
    let { length } = before
    if (writes !== before.writes) {
      const column = packAttributes(attributes, header.createdAt)
      length = column.length
      db.prepare(sql.updateAttributes).run(number, writes, column)
    }
    if (change.header !== undefined) changeHeader(db, number, header, applied.header, change.header.interaction)
    const after = { ...before, header: applied.header, writes, length, attributes: () => attributes }
    return { outcome: { outcome: 'done', added }, committed: known.replace(after) }
  }

  function changeHeader(
    db: SqliteConnection,
    number: number,
    before: SessionHeader,
    after: SessionHeader,
    interaction: NonNullable<SessionChange['header']>['interaction'],
  ): void {
    const columns = packChangedHeader(after)
    const present = packChangedHeader(before)
    if (columns.some((column, index) => column !== present[index])) db.prepare(sql.updateHeader).run(number, ...columns)
    if (interaction === undefined) return
    const kept: unknown = db.prepare(sql.readHistory).get(number)
    const history = appendHistory(unpackHistory(Array.isArray(kept) ? kept[0] : null), interaction)
    db.prepare(sql.writeHistory).run(number, packHistory(history))
  }

  function remove(db: SqliteConnection, id: SessionId, now: Millis, tombstoneUntil: Millis | undefined): boolean {
    const found = row(db, sql.findSession, id, now)
    if (found !== undefined) erase(db, id, found)
    if (tombstoneUntil !== undefined) db.prepare(sql.bury).run(id, tombstoneUntil)
    return found?.[FOUND.isAlive] === 1
  }

  function list(db: SqliteConnection, { principal, after, limit }: Parameters<SessionStore['list']>[0], now: Millis) {
    const place = after === undefined ? 0 : numberOfCursor(after)
    const rows: readonly unknown[] =
      principal === undefined
        ? db.prepare(sql.listAll).all(place, limit, now)
        : db.prepare(sql.listPrincipal).all(place, limit, now, principal === null ? null : principal.id)
    const found = rows.filter((each) => Array.isArray(each))
    const items = found
      .filter((each) => each[LISTED.alive] === 1)
      .map((each) => ({ ...unpackHeader(each, LISTED.header), history: unpackHistory(each[LISTED.history]) }))
    return found.length < limit ? { items } : { items, next: String(found.at(-1)?.[LISTED.number]) }
  }

  return {
    sweepInterval: 300,
    counters: (principal) => client.read((db) => counters.of(db, principal.id)),
    create: (session, expect) => client.write('usual', (db) => create(db, session, expect)),
    load: (id, want, now) => client.read((db) => load(db, id, want, now)),
    async update(id, change, now) {
      // Lost with the power, a new secret would leave the old one good.
      const commit = change.header?.secretHash === undefined ? 'usual' : 'durable'
      const { outcome, committed } = await client.write(commit, (db) => update(db, id, change, now))
      committed?.()
      return outcome
    },
    delete: (id, now, tombstoneUntil) => client.write('durable', (db) => remove(db, id, now, tombstoneUntil)),
    list: (query, now) => client.read((db) => list(db, query, now)),
    revoke: (scope) =>
      client.write('durable', (db) => {
        if (scope === 'all') counters.revokeAll(db)
        else if (scope === 'guests') counters.revoke(db, null)
        else counters.revoke(db, scope.principal.id, scope.except)
      }),
    bump: (principal) => client.write('durable', (db) => counters.bump(db, principal.id)),
    claimSweep: async () => true, // indexes lead to what is dead
    sweep: (now, limit) =>
      client.write('usual', (db) => {
        const swept = sweep(db, now, limit)
        for (const { id } of swept.ended) known.forget(id)
        return swept
      }),
    close: () => client.close(),
  }
}
