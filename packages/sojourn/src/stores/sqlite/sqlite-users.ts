// How are users found, made, changed and removed in SQLite, and when is that refused?
import { cursorOfTexts, textsOfCursor } from '../../engine/cursor.ts'
import type { Cursor, Page } from '../../engine/store.ts'
import {
  canAdminister,
  holds,
  type StoredUser,
  type UserChange,
  type UserLookup,
  type UserOutcome,
  type UserWriteOptions,
} from '../../sso/directory.ts'
import type { SqliteConnection } from './sqlite-connection.ts'
import type { DirectoryStatements } from './sqlite-directory-statements.ts'
import { allRows, changedRows, firstRow } from './sqlite-query.ts'
import { packUser, unpackUser } from './sqlite-user-columns.ts'

/** A refusal of a write; it has changed nothing. */
export type Refusal = Exclude<UserOutcome, { readonly outcome: 'done' }>

/** What is done with users on an open database; the writes within a transaction. `undefined` from a write: it is done. */
export interface SqliteUsers {
  readonly find: (db: SqliteConnection, by: UserLookup) => StoredUser | undefined
  readonly exists: (db: SqliteConnection, userId: string) => boolean
  readonly create: (db: SqliteConnection, user: StoredUser, only: 'when-empty' | undefined) => Refusal | undefined
  readonly update: (db: SqliteConnection, userId: string, change: UserChange, options: UserWriteOptions) => Refusal | undefined
  readonly remove: (db: SqliteConnection, userId: string, options: UserWriteOptions) => Refusal | undefined
  readonly page: (db: SqliteConnection, query: UserQuery) => Page<StoredUser>
}

interface UserQuery {
  readonly after?: Cursor
  readonly limit: number
  readonly emailKey?: string
}

/** Works with the users of a prefix. */
export function sqliteUsers(sql: DirectoryStatements): SqliteUsers {
  function find(db: SqliteConnection, by: UserLookup): StoredUser | undefined {
    const row =
      'userId' in by
        ? firstRow(db, sql.userById, by.userId)
        : 'usernameKey' in by
          ? firstRow(db, sql.userByName, by.usernameKey)
          : firstRow(db, sql.userByLink, by.link.authType, by.link.authId)
    return row === undefined ? undefined : unpackUser(row)
  }

  /** Why a user must not become `after`, or `undefined` for gone. Nobody else writes meanwhile, so what was read still holds. */
  function refusal(
    db: SqliteConnection,
    user: StoredUser,
    after: StoredUser | undefined,
    { expect, guard }: UserWriteOptions,
  ): Refusal | undefined {
    if (expect !== undefined && !holds(user, expect)) return { outcome: 'superseded' }
    const stepsDown = canAdminister(user) && (after === undefined || !canAdminister(after))
    if (guard !== 'last-super-user' || !stepsDown) return undefined
    return firstRow(db, sql.otherAdministrator, user.userId) === undefined ? { outcome: 'last-super-user' } : undefined
  }

  return {
    find,

    exists: (db, userId) => firstRow(db, sql.userExists, userId) !== undefined,

    create(db, user, only) {
      const statement = only === 'when-empty' ? sql.insertFirstUser : sql.insertUser
      return changedRows(db, statement, ...packUser(user)) === 0 ? { outcome: 'exists' } : undefined
    },

    update(db, userId, change, options) {
      const user = find(db, { userId })
      if (user === undefined) return { outcome: 'missing' }
      const after = { ...user, ...change }
      const refused = refusal(db, user, after, options)
      if (refused !== undefined) return refused
      return changedRows(db, sql.updateUser, ...packUser(after)) === 0 ? { outcome: 'exists' } : undefined
    },

    remove(db, userId, options) {
      const user = find(db, { userId })
      if (user === undefined) return { outcome: 'missing' }
      const refused = refusal(db, user, undefined, options)
      if (refused !== undefined) return refused
      changedRows(db, sql.deleteUser, userId)
      return undefined
    },

    page(db, { after, limit, emailKey }) {
      const [seen] = after === undefined ? [] : textsOfCursor(after, 1)
      const least = seen === undefined ? '' : `${seen}\u0000` // the next text in the order of bytes
      const rows =
        emailKey === undefined
          ? allRows(db, sql.listUsers, least, limit)
          : allRows(db, sql.listUsersByEmail, emailKey, least, limit)
      const items = rows.map(unpackUser)
      const last = items.at(-1)
      return last === undefined || items.length < limit ? { items } : { items, next: cursorOfTexts([last.usernameKey]) }
    },
  }
}
