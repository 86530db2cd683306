// What stands between a right password and a session?

import { ACCOUNT_CHECKS, appRefused, type Check, isPasswordExpired, requireChecks } from '../access/checks.ts'
import type { Call } from '../access/context.ts'
import { credentialsInvalid, ValidationError } from '../access/validation-error.ts'
import type { StoredUser } from '../directory.ts'
import type { Settings } from '../read-settings.ts'
import { accountOf } from '../users/account.ts'
import type { LoginCall } from '../users/user-api.ts'

/** What of a login call the checks look at. */
export type LoginClaims = Pick<LoginCall, 'totpCode' | 'hasRemoteAddr' | 'hasUserAgent'>

/** A second factor cannot be checked yet, so whoever has one cannot log in. */
export function requireNoSecondFactor(user: StoredUser, claims: LoginClaims, { login }: Settings): void {
  if (!user.isTotpEnabled) return
  if (claims.totpCode !== undefined && claims.totpCode !== '') throw credentialsInvalid()
  throw new ValidationError('ERR_ACCESS_DENIED', 'A TOTP code is needed.', {
    subStatus: ['E005008'],
    returnStatus: login.informIfTotpMissing,
  })
}

const isLoginApp: Check = (_account, call, { apps }) => {
  if (!apps.loginAllowed.has(call.currentApp)) throw appRefused(apps.informIfAppInvalid)
}

/** An application that is not trusted with it must not choose the address that is checked next. */
function metadataIsAllowed(claims: LoginClaims): Check {
  return (_account, call, { apps }) => {
    const isPassedOn = claims.hasRemoteAddr === true || claims.hasUserAgent === true
    if (!isPassedOn || apps.loginMetadataAllowed.has(call.currentApp)) return
    throw new ValidationError('ERR_ACCESS_DENIED', 'The application may not pass on a client address or user agent.', {
      subStatus: ['E006001'],
    })
  }
}

/** Refuses with the first check that does, in the fixed order; all but those of the password's age. */
export function requireLoginAllowed(user: StoredUser, call: Call, claims: LoginClaims, settings: Settings): void {
  requireNoSecondFactor(user, claims, settings)
  try {
    requireChecks([isLoginApp, metadataIsAllowed(claims), ...ACCOUNT_CHECKS], accountOf(user), call, settings)
  } catch (error) {
    // Who may not be told why is told what everybody is told: that it was not right.
    throw error instanceof ValidationError && error.subStatus.includes('E005001') ? credentialsInvalid() : error
  }
}

/** Whether a password is near its end. */
export function isPasswordAboutToExpire(user: Pick<StoredUser, 'passwordExpiry'>, now: number, { password }: Settings): boolean {
  return user.passwordExpiry !== null && now > user.passwordExpiry - password.aboutToExpireThreshold * 1000
}

/** Why a password must be replaced before a session is opened; `undefined` when it need not be. */
export function whyReplace(user: StoredUser, call: Call, settings: Settings): ValidationError | undefined {
  const { password } = settings
  const because = (subStatus: string, message: string, returnStatus: boolean) =>
    new ValidationError('ERR_PASSWORD_EXPIRED', message, { subStatus: [subStatus], returnStatus })
  if (isPasswordExpired(user, call.now)) return because('E003004', 'The password has expired.', password.informIfExpired)
  if (!password.informIfAboutToExpire && isPasswordAboutToExpire(user, call.now, settings)) {
    return because('E003006', 'The password is about to expire.', false)
  }
  return user.passwordMustChange ? because('E003007', 'The password must be changed.', password.informIfMustBeChanged) : undefined
}
