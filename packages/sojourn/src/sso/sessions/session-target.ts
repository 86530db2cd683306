// Which session does a call act on, and may the caller?
import type { SessionHandle } from '../../engine/core.ts'
import { invalidOption } from '../../engine/error.ts'
import type { SessionId } from '../../engine/store.ts'
import { parseToken } from '../../engine/token.ts'
import { type Caller, ownerOf, requireSelfOrSuperUser, targetEnded } from '../access/authorise.ts'
import { ACCOUNT_CHECKS, requireChecks, SESSION_CHECKS } from '../access/checks.ts'
import type { Call } from '../access/context.ts'
import type { Services } from '../services.ts'
import type { Account } from '../users/account.ts'

/** A session that a call acts on. */
export interface Target {
  readonly handle: SessionHandle
  /** Its owner; `undefined` for a guest. */
  readonly owner: Account | undefined
  /** Whether it is the very session that the caller presented. */
  readonly isOwn: boolean
}

/** How a session is named. */
export interface TargetName {
  readonly targetUst: string | undefined
  readonly id?: SessionId | undefined
  /** Whether an owner whose password has expired makes it unusable. Default: `true`. */
  readonly checkIfPasswordExpired?: boolean
}

/** What the record of a call says of the session that it names, whoever calls and whatever becomes of it. */
export function noteTarget({ entry }: Call, { targetUst, id = parseToken(targetUst)?.id }: TargetName): void {
  if (id !== undefined) entry.details['session'] = id
}

/** Whether a session is of that user, which its id alone says: it begins with their tag. */
export function isSessionOf({ core }: Pick<Services, 'core'>, userId: string, id: SessionId): boolean {
  return Buffer.from(id, 'base64url').toString('hex').startsWith(core.principal(userId).tag)
}

/** A session by its token, or by its public id. */
async function open({ core }: Pick<Services, 'core'>, { targetUst, id }: TargetName): Promise<SessionHandle | undefined> {
  if (id !== undefined) return core.openById(id)
  const opened = await core.open(targetUst ?? '', { passive: true })
  return opened.state === 'live' ? opened.handle : undefined
}

/**
 * The session of that name, usable at this moment, when the caller may act on it.
 *
 * @throws {ValidationError} `ERR_ACCESS_DENIED` for another's session; `ERR_SESSION_ENDED` and what else the checks say of its owner.
 */
export async function findTarget(
  services: Pick<Services, 'core' | 'accounts' | 'settings'>,
  call: Call,
  caller: Caller,
  name: TargetName,
): Promise<Target> {
  if (name.targetUst !== undefined && name.id !== undefined) throw invalidOption('id', 'must not be given with `targetUst`')
  if (name.id === caller.handle.id || name.targetUst === call.currentUst) {
    call.entry.target = caller.account.userId
    return { handle: caller.handle, owner: caller.account, isOwn: true }
  }
  const handle = await open(services, name)
  if (handle === undefined) {
    // Ids are public: a regular user is not told which sessions of others are alive.
    if (name.id !== undefined && !isSessionOf(services, caller.account.userId, name.id)) requireSelfOrSuperUser(caller, null)
    throw targetEnded()
  }
  const { principal } = handle.header()
  call.entry.target = principal
  requireSelfOrSuperUser(caller, principal)
  if (principal === null) return { handle, owner: undefined, isOwn: false }
  const owner = await ownerOf(services.accounts, principal, handle)
  if (owner === undefined) throw targetEnded()
  requireChecks(name.checkIfPasswordExpired === false ? ACCOUNT_CHECKS : SESSION_CHECKS, owner, call, services.settings)
  return { handle, owner, isOwn: handle.id === caller.handle.id }
}
