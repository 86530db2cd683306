// How are accounts locked, unlocked, approved and rejected?
import type { Millis } from '../../engine/time.ts'
import { authorise } from '../access/authorise.ts'
import { requireApp } from '../access/checks.ts'
import type { Call } from '../access/context.ts'
import { accessDenied, changeRefused, type ValidationError } from '../access/validation-error.ts'
import { auditText } from '../audit/audit-entry.ts'
import type { ApprovalStatus, UserChange } from '../directory.ts'
import { type ArgumentsOf, filledText, flag, textOr } from '../fields.ts'
import type { Services } from '../services.ts'
import type { Verbs } from '../verb.ts'
import type { UserApi } from './user-api.ts'
import { operationRefused } from './user-writes.ts'

const FIELDS = { userId: filledText, requireSuperUser: flag(true), currentUser: textOr('auto') }

type StateArguments = ArgumentsOf<typeof FIELDS>
type Refusal = () => ValidationError

/** The verbs that change the standing of an account. */
export function stateVerbs(
  services: Services,
  { verb }: Verbs,
): Pick<UserApi, 'lockUser' | 'unlockUser' | 'approveUser' | 'rejectUser'> {
  const { writes } = services

  /** Who does it: the super-user who calls, or whom trusted code names. */
  async function doer(call: Call, { userId, requireSuperUser, currentUser }: StateArguments, refusal: Refusal): Promise<string> {
    call.entry.target = auditText(userId)
    if (requireSuperUser) return (await authorise(services, call, { superUser: true, refusal })).account.userId
    requireApp(call, services.settings)
    const by = auditText(currentUser)
    call.entry.actor = by
    return by
  }

  /**
   * A verb that changes the standing of an account.
   *
   * @param refusal what a regular user is told: a decision on an approval counts as a change of an account.
   * @param ends what it takes from an account that it stood for, such as `lock`: nobody may do that to themselves, and their sessions end.
   */
  const changing = (
    operation: string,
    ends: string | undefined,
    refusal: Refusal,
    changeBy: (by: string, now: Millis) => UserChange,
  ) =>
    verb(operation, FIELDS, async (call, args) => {
      const by = await doer(call, args, refusal)
      if (ends !== undefined && by === args.userId)
        throw operationRefused(`Nobody may ${ends} their own account.`, 'Ask another super-user.')
      await writes.update(call, args.userId, changeBy(by, call.now), {
        sessions: ends === undefined ? 'stay' : 'end',
        guard: 'last-super-user',
      })
    })

  const locked = (isLocked: boolean) => (by: string, now: Millis) => ({ isLocked, lockedTime: now, lockedBy: by })
  const decided = (approvalStatus: ApprovalStatus) => (by: string, now: Millis) => ({
    approvalStatus,
    approvalStatusModTime: now,
    approvalStatusModBy: by,
  })

  return {
    lockUser: changing('user.lock_user', 'lock', accessDenied, locked(true)),
    unlockUser: changing('user.unlock_user', undefined, accessDenied, locked(false)),
    approveUser: changing('user.approve_user', undefined, changeRefused, decided('approved')),
    rejectUser: changing('user.reject_user', 'reject', changeRefused, decided('rejected')),
  }
}
