// Which column keeps which field of a user, and how is a value written there and read back?
import type { SQLInputValue } from 'node:sqlite'
import type { StoredUser } from '../../sso/directory.ts'
import { corruptRow } from './sqlite-errors.ts'
import type { Row } from './sqlite-query.ts'

interface Column<T> {
  readonly name: string
  readonly write: (value: T) => SQLInputValue
  /** `undefined` for what was never written there. */
  readonly read: (value: unknown) => T | undefined
}

const USER_COLUMNS: { readonly [Field in keyof StoredUser]: Column<StoredUser[Field]> } = {
  userId: text('user_id'),
  username: text('username'),
  usernameKey: text('username_key'),
  isSuperUser: flag('is_super_user'),
  isInternal: flag('is_internal'),
  isLocked: flag('is_locked'),
  lockedTime: orNull(integer('locked_time')),
  lockedBy: orNull(text('locked_by')),
  approvalStatus: oneOf('approval_status', ['before_decision', 'approved', 'rejected']),
  approvalStatusModTime: integer('approval_status_mod_time'),
  approvalStatusModBy: text('approval_status_mod_by'),
  signUpStatus: oneOf('sign_up_status', ['before_confirmation', 'final']),
  signUpTime: integer('sign_up_time'),
  signUpConfirmTime: orNull(integer('sign_up_confirm_time')),
  creationCtx: text('creation_ctx'),
  passwordHash: orNull(text('password_hash')),
  passwordMustChange: flag('password_must_change'),
  passwordLastSet: orNull(integer('password_last_set')),
  passwordExpiry: orNull(integer('password_expiry')),
  email: orNull(textOrBytes('email')),
  emailKey: orNull(text('email_key')),
  displayName: text('display_name'),
  firstName: text('first_name'),
  middleName: text('middle_name'),
  lastName: text('last_name'),
  appList: orNull(textList('app_list')),
  isTotpEnabled: flag('is_totp_enabled'),
  totpKey: orNull(bytes('totp_key')),
  totpLabel: orNull(bytes('totp_label')),
  totpLastStep: orNull(integer('totp_last_step')),
  isRateLimitActive: flag('is_rate_limit_active'),
  rateLimitDef: orNull(text('rate_limit_def')),
}

const FIELDS = Object.keys(USER_COLUMNS) as readonly (keyof StoredUser)[] // the keys of the table above, which has no others

/** The columns of a user, in the order of {@link packUser}. */
export const USER_COLUMN_NAMES: readonly string[] = Object.values(USER_COLUMNS).map(({ name }) => name)

/** What is written of a user, column by column. */
export function packUser(user: StoredUser): SQLInputValue[] {
  return FIELDS.map((field) => packField(field, user))
}

/** The user in a row of {@link USER_COLUMN_NAMES}. */
export function unpackUser(row: Row): StoredUser {
  const fields = FIELDS.map((field, index) => {
    const value = USER_COLUMNS[field].read(row[index])
    if (value === undefined) throw corruptRow(`a user's \`${USER_COLUMNS[field].name}\``)
    return [field, value]
  })
  return Object.fromEntries(fields) as StoredUser // every field of the table above, each read by a column of its type
}

function packField<Field extends keyof StoredUser>(field: Field, user: StoredUser): SQLInputValue {
  return USER_COLUMNS[field].write(user[field])
}

function text(name: string): Column<string> {
  return { name, write: (value) => value, read: (value) => (typeof value === 'string' ? value : undefined) }
}

function integer(name: string): Column<number> {
  return { name, write: (value) => value, read: (value) => (typeof value === 'number' ? value : undefined) }
}

function bytes(name: string): Column<Uint8Array> {
  return { name, write: (value) => value, read: (value) => (value instanceof Uint8Array ? value : undefined) }
}

function textOrBytes(name: string): Column<string | Uint8Array> {
  return {
    name,
    write: (value) => value,
    read: (value) => (typeof value === 'string' || value instanceof Uint8Array ? value : undefined),
  }
}

function flag(name: string): Column<boolean> {
  return { name, write: Number, read: (value) => (value === 0 || value === 1 ? value === 1 : undefined) }
}

function oneOf<Word extends string>(name: string, words: readonly Word[]): Column<Word> {
  return { name, write: (value) => value, read: (value) => words.find((word) => word === value) }
}

function textList(name: string): Column<readonly string[]> {
  return {
    name,
    write: (value) => JSON.stringify(value),
    read: (value) => {
      const list: unknown = typeof value === 'string' ? JSON.parse(value) : undefined
      return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : undefined
    },
  }
}

function orNull<T>(column: Column<T>): Column<T | null> {
  return {
    name: column.name,
    write: (value) => (value === null ? null : column.write(value)),
    read: (value) => (value === null ? null : column.read(value)),
  }
}
