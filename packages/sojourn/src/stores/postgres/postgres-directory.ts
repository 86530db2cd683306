// How does PostgreSQL keep the directory?
import { cursorOfTexts, numberOfCursor, textsOfCursor } from '../../engine/cursor.ts'
import { SojournError } from '../../engine/error.ts'
import type { Outcome, Page, SessionStore } from '../../engine/store.ts'
import type { Directory, StoredUser, UserChange, UserLookup, UserOutcome, UserWriteOptions } from '../../sso/directory.ts'
import { changesOf, outcomeOf, readAttributes } from './postgres-attributes.ts'
import type { Row, Statement } from './postgres-client.ts'
import type { Database } from './postgres-database.ts'
import { auditRecord, linkedAccount, oneTimeToken, pendingEffect, userOutcome, writeAlong } from './postgres-directory-rows.ts'
import { directoryStatements } from './postgres-directory-statements.ts'
import { assertAbout, type CallKind } from './postgres-failure.ts'
import { base64, bytesOf, json, storable, text } from './postgres-text.ts'
import { userOf, writeUser } from './postgres-users.ts'

/** Before this place everything lies. */
const END = String(2n ** 63n - 1n)

/** The number of a row, as cursors and effects carry it. */
const PLACE = /^\d{1,18}$/

/** Keeps the directory in a database, which also keeps `sessions`. */
export function postgresDirectory(database: Database, prefix: string, sessions: SessionStore): Directory {
  const sql = directoryStatements(prefix)
  let closed = false

  async function run(kind: CallKind, statement: Statement, ...parameters: readonly (string | null)[]): Promise<readonly Row[]> {
    if (closed) throw new SojournError('ERR_STORE_UNAVAILABLE', 'The PostgreSQL store was closed.', { applied: 'no' })
    return database.run(kind, statement, parameters)
  }

  async function one(kind: CallKind, statement: Statement, ...parameters: readonly (string | null)[]): Promise<Row> {
    return (await run(kind, statement, ...parameters))[0] ?? []
  }

  async function change(userId: string, to: UserChange | null, along: string, options: UserWriteOptions): Promise<UserOutcome> {
    const { expect = {}, guard = null } = options
    const fields = to === null ? null : writeUser(to)
    return userOutcome((await one('write', sql.changeUser, storable(userId), fields, writeUser(expect), guard, along))[0])
  }

  function find(by: UserLookup): Promise<readonly Row[]> {
    if ('userId' in by) return run('read', sql.findById, storable(by.userId))
    if ('usernameKey' in by) return run('read', sql.findByName, storable(by.usernameKey))
    return run('read', sql.findByLink, storable(by.link.authType), storable(by.link.authId))
  }

  return {
    sessions,

    async installationKey(candidate) {
      return bytesOf(text((await one('write', sql.installationKey, base64(candidate)))[0]))
    },

    async createUser(user, write, only) {
      const [answer] = await one('write', sql.createUser, storable(user.userId), writeUser(user), only ?? null, writeAlong(write))
      return userOutcome(answer)
    },

    async findUser(by) {
      const [row] = await find(by)
      if (row === undefined) return undefined
      const user = userOf(json(row[0]))
      if ('userId' in by) assertAbout(by.userId, user.userId)
      if ('usernameKey' in by) assertAbout(by.usernameKey, user.usernameKey)
      return user
    },

    updateUser: (userId, fields, write, options = {}) => change(userId, fields, writeAlong(write), options),

    deleteUser: (userId, write, options = {}) => change(userId, null, writeAlong(write), options),

    async listUsers({ after, limit, emailKey }): Promise<Page<StoredUser>> {
      const [seen = ''] = after === undefined ? [] : textsOfCursor(after, 1)
      const page = [storable(seen), String(limit)]
      const rows =
        emailKey === undefined
          ? await run('read', sql.listUsers, ...page)
          : await run('read', sql.listUsersOfAddress, ...page, storable(emailKey))
      const items = rows.map((row) => userOf(json(row[0])))
      const last = items.at(-1)
      return last === undefined || items.length < limit ? { items } : { items, next: cursorOfTexts([last.usernameKey]) }
    },

    async loadAttributes(userId, want, now) {
      const [row] =
        want === 'all'
          ? await run('read', sql.loadAttributes, storable(userId))
          : await run('read', sql.loadAttributesNamed, storable(userId), JSON.stringify(want.map(storable)))
      return row === undefined ? undefined : readAttributes(row[0], 0, now)
    },

    async updateAttributes(userId, changes, limits, write): Promise<Outcome> {
      const along = writeAlong({ ...write, effects: [] })
      const asked = JSON.stringify(changesOf(changes))
      return outcomeOf((await one('write', sql.updateAttributes, storable(userId), asked, JSON.stringify(limits), along))[0])
    },

    async createLink({ userId, authType, authId, authUsername, isActive, creationTime }, write) {
      const account = [storable(authType), storable(authId), storable(authUsername), String(isActive), String(creationTime)]
      return userOutcome((await one('write', sql.createLink, storable(userId), ...account, writeAlong(write)))[0])
    },

    async deleteLink({ userId, authType, authId }, write) {
      const link = [storable(userId), storable(authType), storable(authId)]
      return userOutcome((await one('write', sql.deleteLink, ...link, writeAlong(write)))[0])
    },

    async listLinks(userId) {
      return (await run('read', sql.listLinks, storable(userId))).map(linkedAccount)
    },

    async createToken({ kind, hash, userId, createdAt, expiresAt, data }, write, siblings) {
      const owner = userId === null ? null : storable(userId)
      const content = data === null ? null : storable(data)
      const token = [storable(kind), storable(hash), owner, String(createdAt), String(expiresAt), content]
      return userOutcome((await one('write', sql.createToken, ...token, siblings, writeAlong(write)))[0])
    },

    async takeToken(kind, hash, now) {
      const [row] = await run('write', sql.takeToken, storable(kind), storable(hash), String(now))
      if (row === undefined) return undefined
      const token = oneTimeToken(row)
      assertAbout(hash, token.hash)
      return token
    },

    async listTokens({ after, limit }, now) {
      const place = after === undefined ? ['', ''] : textsOfCursor(after, 2)
      const rows = await run('read', sql.listTokens, ...place, String(now), String(limit))
      const last = rows.at(-1)
      const items = rows.map(oneTimeToken)
      return last === undefined || rows.length < limit
        ? { items }
        : { items, next: cursorOfTexts([String(last[0]), String(last[1])]) }
    },

    async appendAudit(records) {
      if (records.length === 0) return
      await run('write', sql.appendAudit, writeAlong({ now: 0, audit: records, effects: [], applyEffects: 'later' }))
    },

    async listAudit({ after, limit, cid, order = 'newest-first' }) {
      const isOldFirst = order === 'oldest-first'
      const start = isOldFirst ? '0' : END
      const page = [after === undefined ? start : String(numberOfCursor(after)), String(limit)]
      const rows =
        cid === undefined
          ? await run('read', isOldFirst ? sql.listOldAudit : sql.listAudit, ...page)
          : await run('read', isOldFirst ? sql.listOldAuditOfCall : sql.listAuditOfCall, ...page, storable(cid))
      const items = rows.map((row) => auditRecord(row[1]))
      const last = rows.at(-1)
      return last === undefined || rows.length < limit ? { items } : { items, next: String(last[0]) }
    },

    async pendingEffects(limit) {
      return (await run('read', sql.pendingEffects, String(limit))).map(pendingEffect)
    },

    async settleEffects(ids) {
      await run('write', sql.settleEffects, JSON.stringify(ids.filter((id) => PLACE.test(id))))
    },

    async sweep(now, limit) {
      const { length } = await run('write', sql.sweep, String(now), String(limit))
      return { removed: length, more: length >= limit }
    },

    async close() {
      closed = true
    },
  }
}
