// Who is calling, and may they?
import type { OpenOptions, SessionHandle } from '../../engine/core.ts'
import type { Services } from '../services.ts'
import type { Account, Accounts } from '../users/account.ts'
import { requireApp, requireChecks, SESSION_CHECKS } from './checks.ts'
import type { Call } from './context.ts'
import { accessDenied, ValidationError } from './validation-error.ts'

/** Somebody who is logged in, at this moment. */
export interface Caller {
  readonly account: Account
  readonly handle: SessionHandle
}

/** What else is asked of a caller. */
export interface AuthoriseOptions {
  /** Refuses regular users. Default: `false`. */
  readonly superUser?: boolean
  /** With which error. Default: {@link accessDenied}. */
  readonly refusal?: () => ValidationError
  /** What of the caller's session to read along. Default: its header. */
  readonly want?: OpenOptions['want']
  /** Whether the caller's session is written next, which takes along what is due about it. Default: `false`. */
  readonly isWrittenNext?: boolean
}

type AuthoriseServices = Pick<Services, 'core' | 'accounts' | 'settings'>

/** There is no such session, or no longer, or not for you: nobody is told which. */
export function sessionEnded(): ValidationError {
  return new ValidationError('ERR_SESSION_ENDED', 'There is no such session, or it has ended.')
}

/** The same of the session that a call acts on: nothing is wrong with the caller's own. */
export function targetEnded(): ValidationError {
  return new ValidationError('ERR_SESSION_ENDED', 'There is no such session, or it has ended.', {
    fix: 'Check which session the call names; it may have ended meanwhile.',
  })
}

/** The owner of a session, as they were when it was read or later. */
export function ownerOf(accounts: Accounts, userId: string, { version }: SessionHandle): Promise<Account | undefined> {
  return version === undefined ? accounts.now(userId) : accounts.at(userId, version)
}

/** A live session of a user, with its owner; `undefined` for everything else. */
async function openSession(
  { core, accounts }: Pick<Services, 'core' | 'accounts'>,
  ust: string,
  options: OpenOptions = {},
): Promise<Caller | undefined> {
  if (ust === '') return undefined
  // Answers of this face carry no new token.
  const opened = await core.open(ust, { ...options, rotates: false })
  if (opened.state !== 'live') return undefined
  const { principal } = opened.handle.header()
  const account = principal === null ? undefined : await ownerOf(accounts, principal, opened.handle)
  return account === undefined ? undefined : { account, handle: opened.handle }
}

/**
 * The caller, after every check there is. One store call, unless something about the session is due or its owner has to be fetched.
 *
 * @throws {ValidationError} `ERR_APP_REFUSED`, `ERR_SESSION_ENDED`, `ERR_ACCESS_DENIED`, `ERR_USER_LOCKED`, `ERR_USER_NOT_READY`,
 * `ERR_PASSWORD_EXPIRED`
 */
export async function authorise(services: AuthoriseServices, call: Call, options: AuthoriseOptions = {}): Promise<Caller> {
  requireApp(call, services.settings)
  const caller = await openSession(services, call.currentUst, { want: options.want })
  if (caller === undefined) throw sessionEnded()
  call.entry.actor = caller.account.userId
  requireChecks(SESSION_CHECKS, caller.account, call, services.settings)
  if (options.superUser === true && !caller.account.isSuperUser) throw (options.refusal ?? accessDenied)()
  if (options.isWrittenNext !== true && !(await caller.handle.settle())) throw sessionEnded()
  return caller
}

/** Refuses everybody but the user themselves and super-users. */
export function requireSelfOrSuperUser({ account }: Caller, userId: string | null): void {
  if (!account.isSuperUser && account.userId !== userId) throw accessDenied()
}
