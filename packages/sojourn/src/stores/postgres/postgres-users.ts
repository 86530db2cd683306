// How does a user look as a `jsonb` record, and how is one read from it?
import type { StoredUser, UserChange } from '../../sso/directory.ts'
import { base64, bytesOf, fields, flag, listOf, number, oneOf, orNull, storable, text } from './postgres-text.ts'

/** A value of a record. Bytes are `{ "bytes": base64 }`, so that they are told from text. */
function written(value: StoredUser[keyof StoredUser] | undefined): unknown {
  if (typeof value === 'string') return storable(value)
  if (value instanceof Uint8Array) return { bytes: base64(value) }
  return typeof value === 'object' && value !== null ? value.map(storable) : value
}

/** A user, or some fields of one, as JSON text. */
export function writeUser(user: StoredUser | UserChange): string {
  return JSON.stringify(Object.fromEntries(Object.entries(user).map(([field, value]) => [field, written(value)])))
}

function bytes(value: unknown): Uint8Array {
  return bytesOf(text(fields(value)['bytes']))
}

function textOrBytes(value: unknown): string | Uint8Array {
  return typeof value === 'string' ? text(value) : bytes(value)
}

const textOrNull = orNull(text)
const numberOrNull = orNull(number)
const bytesOrNull = orNull(bytes)

/** The user that a record holds. */
export function userOf(record: unknown): StoredUser {
  const user = fields(record)
  return {
    userId: text(user['userId']),
    username: text(user['username']),
    usernameKey: text(user['usernameKey']),
    isSuperUser: flag(user['isSuperUser']),
    isInternal: flag(user['isInternal']),
    isLocked: flag(user['isLocked']),
    lockedTime: numberOrNull(user['lockedTime']),
    lockedBy: textOrNull(user['lockedBy']),
    approvalStatus: oneOf<StoredUser['approvalStatus']>(['before_decision', 'approved', 'rejected'])(user['approvalStatus']),
    approvalStatusModTime: number(user['approvalStatusModTime']),
    approvalStatusModBy: text(user['approvalStatusModBy']),
    signUpStatus: oneOf<StoredUser['signUpStatus']>(['before_confirmation', 'final'])(user['signUpStatus']),
    signUpTime: number(user['signUpTime']),
    signUpConfirmTime: numberOrNull(user['signUpConfirmTime']),
    creationCtx: text(user['creationCtx']),
    passwordHash: textOrNull(user['passwordHash']),
    passwordMustChange: flag(user['passwordMustChange']),
    passwordLastSet: numberOrNull(user['passwordLastSet']),
    passwordExpiry: numberOrNull(user['passwordExpiry']),
    email: orNull(textOrBytes)(user['email']),
    emailKey: textOrNull(user['emailKey']),
    displayName: text(user['displayName']),
    firstName: text(user['firstName']),
    middleName: text(user['middleName']),
    lastName: text(user['lastName']),
    appList: orNull(listOf(text))(user['appList']),
    isTotpEnabled: flag(user['isTotpEnabled']),
    totpKey: bytesOrNull(user['totpKey']),
    totpLabel: bytesOrNull(user['totpLabel']),
    totpLastStep: numberOrNull(user['totpLastStep']),
    isRateLimitActive: flag(user['isRateLimitActive']),
    rateLimitDef: textOrNull(user['rateLimitDef']),
  }
}
