// How is the directory kept in SQLite?
//
// The tables are described in `sqlite-directory-schema.ts`. Reads are one statement each. A write reads, decides and writes within
// the transaction of its group, together with its audit records and its effects; nobody else writes meanwhile. Uniqueness is a
// constraint of the tables. Every write is durable.
import { applyAttributes, presentAttributes } from '../../engine/attributes/apply-attributes.ts'
import { cursorOfTexts, numberOfCursor, textsOfCursor } from '../../engine/cursor.ts'
import type { AttributeChange, AttributeLimits, Outcome, SessionStore } from '../../engine/store.ts'
import type { AuditRecord, Directory, DirectoryWrite, Effect, OneTimeToken, UserOutcome } from '../../sso/directory.ts'
import type { SqliteClient } from './sqlite-client.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { SqliteCounters } from './sqlite-counters.ts'
import {
  packEffect,
  packLink,
  packRecord,
  packToken,
  unpackEffect,
  unpackLink,
  unpackRecord,
  unpackToken,
} from './sqlite-directory-rows.ts'
import { directoryStatements } from './sqlite-directory-statements.ts'
import { corruptRow } from './sqlite-errors.ts'
import { allRows, changedRows, firstRow, type Row } from './sqlite-query.ts'
import { packAttributes, unpackAttributes } from './sqlite-rows.ts'
import { type Refusal, sqliteUsers } from './sqlite-users.ts'

/** The instant from which the packed attributes of a user count: those of a session count from its creation. */
const EPOCH = 0

/** Keeps the directory in the tables of a prefix, beside the `sessions` that its effects concern. */
export function sqliteDirectory(
  client: SqliteClient,
  counters: SqliteCounters,
  sessions: SessionStore,
  prefix: string,
): Directory {
  const sql = directoryStatements(prefix)
  const users = sqliteUsers(sql)

  function appendAudit(db: SqliteConnection, records: readonly AuditRecord[]): void {
    for (const record of records) changedRows(db, sql.insertAudit, ...packRecord(record))
  }

  function apply(db: SqliteConnection, effect: Effect): void {
    if (effect.kind === 'bump') counters.bump(db, effect.principal.id)
    else counters.revoke(db, effect.principal.id, effect.except)
  }

  /** Writes what goes with a change that was just made. */
  function accompany(db: SqliteConnection, { audit, effects, applyEffects }: DirectoryWrite): UserOutcome {
    appendAudit(db, audit)
    if (applyEffects === 'later') {
      return { outcome: 'done', pending: effects.map((effect) => ({ id: keep(db, effect), effect })) }
    }
    for (const effect of effects) apply(db, effect)
    return { outcome: 'done', pending: [] }
  }

  /** Keeps an effect for later and answers its id. */
  function keep(db: SqliteConnection, effect: Effect): string {
    return String(firstRow(db, sql.insertEffect, ...packEffect(effect))?.[0])
  }

  /** Makes a change with what goes with it, or refuses it. */
  function change(write: DirectoryWrite, run: (db: SqliteConnection) => Refusal | undefined): Promise<UserOutcome> {
    return client.write('durable', (db) => run(db) ?? accompany(db, write))
  }

  function createToken(db: SqliteConnection, token: OneTimeToken, siblings: 'keep' | 'cancel'): Refusal | undefined {
    if (token.userId !== null && !users.exists(db, token.userId)) return { outcome: 'missing' }
    if (changedRows(db, sql.insertToken, ...packToken(token)) === 0) return { outcome: 'exists' }
    if (siblings === 'cancel' && token.userId !== null) changedRows(db, sql.deleteSiblings, token.userId, token.kind, token.hash)
    return undefined
  }

  function updateAttributes(
    db: SqliteConnection,
    userId: string,
    changes: readonly AttributeChange[],
    limits: AttributeLimits,
    write: DirectoryWrite,
  ): Outcome {
    const row = firstRow(db, sql.readAttributes, userId)
    if (row === undefined) return { outcome: 'missing' }
    const before = { attributes: attributesOf(row, 'all'), writes: Number(row[1] ?? 0) }
    const applied = applyAttributes(before, changes, write.now, limits)
    if (applied.outcome !== 'done') return applied
    if (applied.writes !== before.writes) {
      changedRows(db, sql.writeAttributes, userId, packAttributes(applied.attributes, EPOCH), applied.writes)
    }
    appendAudit(db, write.audit)
    return { outcome: 'done', added: applied.added }
  }

  function installationKey(db: SqliteConnection): Uint8Array | undefined {
    const row = firstRow(db, sql.installationKey)
    if (row === undefined) return undefined
    const [key] = row
    if (!(key instanceof Uint8Array)) throw corruptRow('an installation key')
    return key
  }

  return {
    sessions,

    async installationKey(candidate) {
      const kept = await client.read(installationKey)
      if (kept !== undefined) return kept
      return client.write('durable', (db) => {
        changedRows(db, sql.insertInstallationKey, candidate)
        return installationKey(db) ?? candidate
      })
    },

    createUser: (user, write, only) => change(write, (db) => users.create(db, user, only)),
    findUser: (by) => client.read((db) => users.find(db, by)),
    updateUser: (userId, fields, write, options = {}) => change(write, (db) => users.update(db, userId, fields, options)),
    deleteUser: (userId, write, options = {}) => change(write, (db) => users.remove(db, userId, options)),
    listUsers: (query) => client.read((db) => users.page(db, query)),

    loadAttributes: (userId, want, now) =>
      client.read((db) => {
        const row = firstRow(db, sql.readAttributes, userId)
        return row === undefined ? undefined : presentAttributes(attributesOf(row, want), now)
      }),
    updateAttributes: (userId, changes, limits, write) =>
      client.write('durable', (db) => updateAttributes(db, userId, changes, limits, write)),

    createLink: (link, write) =>
      change(write, (db) => {
        if (!users.exists(db, link.userId)) return { outcome: 'missing' }
        return changedRows(db, sql.insertLink, ...packLink(link)) === 0 ? { outcome: 'exists' } : undefined
      }),
    deleteLink: ({ userId, authType, authId }, write) =>
      change(write, (db) =>
        changedRows(db, sql.deleteLink, userId, authType, authId) === 0 ? { outcome: 'missing' } : undefined,
      ),
    listLinks: (userId) => client.read((db) => allRows(db, sql.listLinks, userId).map(unpackLink)),

    createToken: (token, write, siblings) => change(write, (db) => createToken(db, token, siblings)),
    takeToken: (kind, hash, now) =>
      client.write('durable', (db) => {
        const row = firstRow(db, sql.takeToken, kind, hash, now)
        return row === undefined ? undefined : unpackToken(row)
      }),

    listTokens: ({ after, limit }, now) =>
      client.read((db) => {
        const [kind, hash] = after === undefined ? ['', ''] : textsOfCursor(after, 2)
        const items = allRows(db, sql.listTokens, kind ?? '', hash ?? '', now, limit).map(unpackToken)
        const last = items.at(-1)
        return last === undefined || items.length < limit ? { items } : { items, next: cursorOfTexts([last.kind, last.hash]) }
      }),

    appendAudit: (records) => client.write('durable', (db) => appendAudit(db, records)),
    listAudit: ({ after, limit, cid, order = 'newest-first' }) =>
      client.read((db) => {
        const isOldFirst = order === 'oldest-first'
        const start = isOldFirst ? 0 : Number.MAX_SAFE_INTEGER
        const from = after === undefined ? start : numberOfCursor(after)
        const rows =
          cid === undefined
            ? allRows(db, isOldFirst ? sql.listOldAudit : sql.listAudit, from, limit)
            : allRows(db, isOldFirst ? sql.listOldAuditByCid : sql.listAuditByCid, cid, from, limit)
        const items = rows.map(unpackRecord)
        return rows.length < limit ? { items } : { items, next: String(rows.at(-1)?.[0]) }
      }),

    pendingEffects: (limit) => client.read((db) => allRows(db, sql.listEffects, limit).map(unpackEffect)),
    settleEffects: (ids) =>
      client.write('durable', (db) => {
        for (const id of ids) changedRows(db, sql.deleteEffect, id)
      }),

    sweep: (now, limit) =>
      client.write('durable', (db) => {
        const removed = changedRows(db, sql.sweepTokens, now, limit)
        return { removed, more: removed === limit }
      }),

    close: () => client.close(),
  }
}

/** The attributes in a row of `readAttributes`. */
function attributesOf([column]: Row, want: 'all' | readonly string[]) {
  return column === null ? new Map() : unpackAttributes(column, EPOCH, want)
}
