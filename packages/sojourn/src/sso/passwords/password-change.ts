// What does a user record look like once its password was replaced?

import { after } from '../../engine/session/lifetime.ts'
import type { Millis, Seconds } from '../../engine/time.ts'
import { ValidationError } from '../access/validation-error.ts'
import type { StoredUser, UserChange } from '../directory.ts'
import type { Services } from '../services.ts'
import { normalPassword, type PasswordField, requireGoodPassword } from './password-policy.ts'

/** How a password is replaced. */
export interface Replacement {
  readonly password: string
  /** Default: `password`. */
  readonly field?: PasswordField
  readonly now: Millis
  /** Unit: seconds; `null` for ever; `undefined` for the setting. */
  readonly expiry?: Seconds | null | undefined
  /** `undefined` leaves the flag as it is. */
  readonly mustChange: boolean | undefined
}

/** The fields of a user that hold a password. */
export type PasswordFields = Pick<StoredUser, 'passwordHash' | 'passwordLastSet' | 'passwordExpiry'>

/**
 * The change that sets an acceptable password.
 *
 * @throws {ValidationError} `ERR_PASSWORD_REFUSED`
 */
export async function passwordChange(
  { hasher, settings }: Pick<Services, 'hasher' | 'settings'>,
  { password, field = 'password', now, expiry = settings.password.expiry, mustChange }: Replacement,
): Promise<PasswordFields & UserChange> {
  requireGoodPassword(password, settings.password, field)
  return {
    passwordHash: await hasher.hash(password),
    passwordLastSet: now,
    passwordExpiry: expiry === null ? null : after(now, expiry),
    ...(mustChange === undefined ? {} : { passwordMustChange: mustChange }),
  }
}

/** Refuses to replace a password by itself, which would be no change. */
export function requireOther(oldPassword: string, newPassword: string, returnStatus: boolean): void {
  if (normalPassword(oldPassword) !== normalPassword(newPassword)) return
  throw new ValidationError('ERR_PASSWORD_REFUSED', 'The new password must differ from the old one.', {
    returnStatus,
    errors: [{ field: 'newPassword', reason: 'must differ from the old one' }],
  })
}
