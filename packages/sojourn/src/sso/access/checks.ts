// May this account be used now, from there, through that application?

import type { Settings } from '../read-settings.ts'
import type { Account } from '../users/account.ts'
import type { Call } from './context.ts'
import { accessDenied, ValidationError } from './validation-error.ts'

/** Refuses, or lets pass. */
export type Check = (account: Account, call: Call, settings: Settings) => void

/** Check 1, for anybody: the application is known. */
export function requireApp(call: Call, { apps }: Settings): void {
  if (!apps.all.has(call.currentApp)) throw appRefused(apps.informIfAppInvalid)
}

/** The application may not be used for this. */
export function appRefused(returnStatus: boolean): ValidationError {
  return new ValidationError('ERR_APP_REFUSED', 'The application is not known, or not allowed here.', { returnStatus })
}

/** Check 1, for this user: the application is one of theirs. */
const usesApp: Check = (account, call, { apps }) => {
  if (account.appList !== null && !account.appList.includes(call.currentApp)) throw appRefused(apps.informIfAppInvalid)
}

const comesFromAllowedAddress: Check = (account, call, { addresses }) => {
  if (!addresses.allows(account.username, call.addresses)) throw accessDenied()
}

const isNotLocked: Check = (account, _call, { login }) => {
  if (account.isLocked) {
    throw new ValidationError('ERR_USER_LOCKED', 'The account is locked.', { returnStatus: login.informIfLocked })
  }
}

const isSignedUp: Check = (account, _call, { login }) => {
  if (account.signUpStatus !== 'final') {
    throw new ValidationError('ERR_USER_NOT_READY', 'The sign-up is not confirmed.', { returnStatus: login.informIfNotConfirmed })
  }
}

const isApproved: Check = (account, _call, { login }) => {
  if (account.approvalStatus !== 'approved') {
    throw new ValidationError('ERR_USER_NOT_READY', 'The account is not approved.', { returnStatus: login.informIfNotApproved })
  }
}

/** Whether the password is past its time. */
export function isPasswordExpired(account: Pick<Account, 'passwordExpiry'>, now: number): boolean {
  return account.passwordExpiry !== null && account.passwordExpiry <= now
}

const hasValidPassword: Check = (account, call, { password }) => {
  if (isPasswordExpired(account, call.now)) {
    throw new ValidationError('ERR_PASSWORD_EXPIRED', 'The password has expired.', {
      subStatus: ['E003004'],
      returnStatus: password.informIfExpired,
    })
  }
}

/** Checks 1 to 5, in their order: all that says something about the account itself. */
export const ACCOUNT_CHECKS: readonly Check[] = [usesApp, comesFromAllowedAddress, isNotLocked, isSignedUp, isApproved]

/** What every use of a session asks, in this order. */
export const SESSION_CHECKS: readonly Check[] = [...ACCOUNT_CHECKS, hasValidPassword]

/** Refuses with the first check that does. */
export function requireChecks(checks: readonly Check[], account: Account, call: Call, settings: Settings): void {
  for (const check of checks) check(account, call, settings)
}
