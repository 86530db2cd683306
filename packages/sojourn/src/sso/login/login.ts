// In which order does a login do what it does, and what happens when something changes meanwhile?
import type { StartedSession } from '../../engine/core.ts'
import { requireApp } from '../access/checks.ts'
import type { Call } from '../access/context.ts'
import { credentialsInvalid } from '../access/validation-error.ts'
import type { StoredUser, UserChange } from '../directory.ts'
import { passwordChange, requireOther } from '../passwords/password-change.ts'
import type { Services } from '../services.ts'
import type { LoginCall, LoginResult } from '../users/user-api.ts'
import { userMissing } from '../users/user-writes.ts'
import { isPasswordAboutToExpire, requireLoginAllowed, requireNoSecondFactor, whyReplace } from './login-checks.ts'
import { type Candidate, findCandidate, identify } from './login-identify.ts'
import { keepNewPassword, startSession } from './login-session.ts'

/** A login as it was read. */
export type LoginArguments = Pick<LoginCall, 'username' | 'newPassword' | 'totpCode' | 'hasRemoteAddr' | 'hasUserAgent'> & {
  readonly password: string
}

/** A login for which trusted code vouches. */
export type TrustedLoginArguments = Pick<LoginCall, 'username' | 'totpCode'>

/** How often a login begins anew because the user changed while it ran. */
const MOST_ATTEMPTS = 3

function resultOf(user: StoredUser, { handle, token }: StartedSession, warnings: readonly string[]): LoginResult {
  const { userId, username } = user
  const { createdAt, expiresAt } = handle.header()
  return { ust: token, userId, username, creationTime: createdAt, expirationTime: expiresAt, warnings }
}

/** What whoever logs in is to know of the password that holds from now on. */
function warningsOf(user: Pick<StoredUser, 'passwordExpiry'>, call: Call, { settings }: Services): readonly string[] {
  return settings.password.informIfAboutToExpire && isPasswordAboutToExpire(user, call.now, settings) ? ['W003005'] : []
}

/** The new password where one is required; `undefined` where the old one will do. */
async function requiredReplacement(services: Services, call: Call, user: StoredUser, args: LoginArguments) {
  const reason = whyReplace(user, call, services.settings)
  if (reason === undefined) return undefined
  const { password, newPassword = '' } = args
  if (newPassword === '') throw reason
  requireOther(password, newPassword, services.settings.password.informIfInvalid)
  return passwordChange(services, { password: newPassword, field: 'newPassword', now: call.now, mustChange: false })
}

/** Keeps the password under today's cost, where it was hashed at a lower one. Somebody who is faster is right as well. */
async function renewHash({ directory, hasher }: Services, call: Call, user: StoredUser, password: string): Promise<void> {
  const { userId, passwordHash: old } = user
  if (old === null || !hasher.isOutdated(old)) return
  const change: UserChange = { passwordHash: await hasher.hash(password) }
  await directory.updateUser(
    userId,
    change,
    { now: call.now, audit: [], effects: [], applyEffects: 'later' },
    { expect: { passwordHash: old } },
  )
}

/** One attempt; `undefined` when the user changed while it ran. */
async function attempt(services: Services, call: Call, args: LoginArguments): Promise<LoginResult | undefined> {
  const { settings } = services
  const candidate = await identify(services, args.username, args.password)
  if (candidate === undefined) throw credentialsInvalid()
  const { user } = candidate
  call.entry.actor = user.userId
  requireLoginAllowed(user, call, args, settings)
  const change = await requiredReplacement(services, call, user, args)
  const session = await startSession(services, call, candidate, ['pwd'])
  if (session === undefined) return undefined
  if (change !== undefined) {
    if (!(await keepNewPassword(services, call, user, change, session))) return undefined
    return resultOf(user, session, warningsOf(change, call, services))
  }
  // The password is right and the session is there; what cannot be hashed anew today is at the next login.
  await renewHash(services, call, user, args.password).catch(() => undefined)
  return resultOf(user, session, warningsOf(user, call, services))
}

/** One attempt of a trusted login, which asks for a second factor and nothing else. */
async function attemptTrusted(services: Services, call: Call, args: TrustedLoginArguments): Promise<LoginResult | undefined> {
  const candidate: Candidate | undefined = await findCandidate(services, args.username)
  if (candidate === undefined) throw userMissing()
  requireNoSecondFactor(candidate.user, args, services.settings)
  const session = await startSession(services, call, candidate, [])
  return session === undefined ? undefined : resultOf(candidate.user, session, [])
}

/** A login that meets a change of its user begins anew with what is true then: one with a replaced password loses. */
async function untilSettled(one: () => Promise<LoginResult | undefined>): Promise<LoginResult> {
  for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts += 1) {
    const result = await one()
    if (result !== undefined) return result
  }
  throw credentialsInvalid()
}

/** Opens a session for who knows the password. */
export async function login(services: Services, call: Call, args: LoginArguments): Promise<LoginResult> {
  if (args.newPassword !== undefined) call.entry.details['hasNewPassword'] = true
  requireApp(call, services.settings)
  return untilSettled(() => attempt(services, call, args))
}

/** Opens a session for whom trusted code vouches. */
export async function trustedLogin(services: Services, call: Call, args: TrustedLoginArguments): Promise<LoginResult> {
  call.entry.actor = 'auto'
  requireApp(call, services.settings)
  return untilSettled(() => attemptTrusted(services, call, args))
}
