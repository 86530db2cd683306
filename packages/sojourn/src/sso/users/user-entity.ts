// What does the SSO face tell about a user, and to whom?
import type { Attributes } from '../../engine/attributes/attributes.ts'
import type { AttributeSchema } from '../../engine/attributes/schema.ts'
import type { Millis } from '../../engine/time.ts'
import type { ApprovalStatus, SignUpStatus } from '../directory.ts'
import { snakeCase } from '../snake-case.ts'
import type { Account } from './account.ts'
import type { EmailVault } from './email.ts'

/** What everybody may know about their own account. */
export interface UserFields {
  readonly userId: string
  readonly username: string
  /**
   * `null` without an address.
   *
   * @throws {SojournError} `ERR_KEY_MISSING` when the key that sealed it is gone.
   */
  readonly email: string | null
  readonly displayName: string
  readonly firstName: string
  readonly middleName: string
  readonly lastName: string
  readonly isTotpEnabled: boolean
}

/** What only super-users are told. Instants are epoch milliseconds. */
export interface AdminUserFields {
  readonly isInternal: boolean
  readonly isSuperUser: boolean
  /** Whether the account still awaits a decision. */
  readonly isApprovalNeeded: boolean
  readonly approvalStatus: ApprovalStatus
  readonly approvalStatusModTime: Millis
  readonly approvalStatusModBy: string
  readonly isLocked: boolean
  /** When and by whom the account was last locked or unlocked. */
  readonly lockedTime: Millis | null
  readonly lockedBy: string | null
  /** Where the account came from: JSON text. */
  readonly creationCtx: string
  /** `null`: never. */
  readonly passwordExpiry: Millis | null
  readonly passwordIsSet: boolean
  readonly passwordMustChange: boolean
  readonly passwordLastSet: Millis | null
  readonly signUpStatus: SignUpStatus
  readonly signUpTime: Millis
  /** The applications this user may use; `null` for all. */
  readonly appList: readonly string[] | null
}

/** A user as they were when read. The administrative fields are there for super-users only. */
export interface UserEntity<U extends AttributeSchema = AttributeSchema> extends UserFields, Partial<AdminUserFields> {
  /** The named values of this user. Each use checks again that the caller may: their own or, for super-users, anybody's. */
  readonly attr: Attributes<U>
  /** The fields above under their names in snake case. */
  toDict(): Readonly<Record<string, unknown>>
}

/** What everybody may know about their own account. The address is opened when it is read: where its key is gone, the rest is still told. */
export function userFields(account: Account, emails: EmailVault): UserFields {
  const { userId, username, displayName, firstName, middleName, lastName, isTotpEnabled } = account
  return {
    userId,
    username,
    get email() {
      return emails.open(account)
    },
    displayName,
    firstName,
    middleName,
    lastName,
    isTotpEnabled,
  }
}

function adminFields(account: Account): AdminUserFields {
  const { isInternal, isSuperUser, approvalStatus, approvalStatusModTime, approvalStatusModBy, isLocked, lockedTime, lockedBy } =
    account
  const { creationCtx, passwordExpiry, passwordIsSet, passwordMustChange, passwordLastSet, signUpStatus, signUpTime, appList } =
    account
  return {
    isInternal,
    isSuperUser,
    isApprovalNeeded: approvalStatus === 'before_decision',
    approvalStatus,
    approvalStatusModTime,
    approvalStatusModBy,
    isLocked,
    lockedTime,
    lockedBy,
    creationCtx,
    passwordExpiry,
    passwordIsSet,
    passwordMustChange,
    passwordLastSet,
    signUpStatus,
    signUpTime,
    appList,
  }
}

/**
 * A user as they are told to somebody.
 *
 * @param view `admin` tells the administrative fields as well.
 */
export function userEntity<U extends AttributeSchema>(
  account: Account,
  view: 'own' | 'admin',
  emails: EmailVault,
  attr: Attributes<U>,
): UserEntity<U> {
  const fields = Object.assign(userFields(account, emails), view === 'admin' ? adminFields(account) : {})
  const names = new Set(Object.keys(fields))
  const toDict = () =>
    Object.fromEntries(
      Object.entries(fields)
        .filter(([name]) => names.has(name))
        .map(([name, value]) => [snakeCase(name), value]),
    )
  return Object.assign(fields, { attr, toDict })
}
