// How are passwords changed, set and judged?
import { invalidOption } from '../../engine/error.ts'
import { authorise, type Caller } from '../access/authorise.ts'
import { requireApp } from '../access/checks.ts'
import type { Call } from '../access/context.ts'
import { changeRefused, credentialsInvalid } from '../access/validation-error.ts'
import { auditField, auditText } from '../audit/audit-entry.ts'
import {
  type ArgumentsOf,
  anything,
  filledText,
  flag,
  optionalFlag,
  optionalPassword,
  optionalSeconds,
  optionalText,
  password,
  readFields,
} from '../fields.ts'
import type { Services } from '../services.ts'
import type { UserApi } from '../users/user-api.ts'
import { userMissing } from '../users/user-writes.ts'
import type { Verbs } from '../verb.ts'
import { passwordChange, requireOther } from './password-change.ts'
import { requireGoodPassword } from './password-policy.ts'

const CHANGE_FIELDS = {
  oldPassword: optionalPassword,
  newPassword: password,
  userId: optionalText,
  passwordExpiry: optionalSeconds,
  mustChange: optionalFlag,
  passwordMustChange: optionalFlag,
}

type Change = ArgumentsOf<typeof CHANGE_FIELDS>

/** The one flag that has two names. */
function mustChangeOf({ mustChange, passwordMustChange }: Change): boolean | undefined {
  if (mustChange !== undefined && passwordMustChange !== undefined && mustChange !== passwordMustChange) {
    throw invalidOption('mustChange', 'contradicts `passwordMustChange`')
  }
  return mustChange ?? passwordMustChange
}

/** How often a change begins anew because somebody else changed the same password. */
const MOST_ATTEMPTS = 3

/** The verbs on passwords. */
export function passwordVerbs(
  services: Services,
  { verb }: Verbs,
): Pick<UserApi, 'changePassword' | 'setPassword' | 'validatePassword'> {
  const { core, directory, hasher, settings, writes } = services

  /** A new token for a session that survives. Where there can be none the session ends, so that the old token is worth nothing either way. */
  const reissued = async ({ handle }: Caller): Promise<string> => {
    try {
      return await handle.reissue()
    } catch (error) {
      await core.end(handle.id, { reason: 'reset' }).catch(() => false)
      throw error
    }
  }

  /** Changes one's own: the old password has to be right, and still be the one there is when the new one is written. */
  async function changeOwn(call: Call, { account, handle }: Caller, change: Change, keepCurrent: boolean): Promise<void> {
    const { oldPassword = '', newPassword, passwordExpiry: expiry } = change
    for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts += 1) {
      const user = await directory.findUser({ userId: account.userId })
      if (!(await hasher.verify(oldPassword, user?.passwordHash ?? undefined)) || user === undefined) break
      requireOther(oldPassword, newPassword, settings.password.informIfInvalid)
      const mustChange = mustChangeOf(change) ?? false
      const fields = await passwordChange(services, {
        password: newPassword,
        field: 'newPassword',
        now: call.now,
        expiry,
        mustChange,
      })
      const outcome = await writes.update(call, user.userId, fields, {
        sessions: keepCurrent ? { except: handle.id } : 'end',
        expect: { passwordHash: user.passwordHash },
      })
      if (outcome === 'done') return
    }
    throw credentialsInvalid()
  }

  /** Sets somebody's, whatever it was. */
  async function replace(call: Call, userId: string, change: Parameters<typeof passwordChange>[1]): Promise<void> {
    await writes.update(call, userId, await passwordChange(services, change), { sessions: 'end' })
  }

  return {
    changePassword: verb(
      'user.change_password',
      { data: anything, keepCurrent: flag(false) },
      async (call, { data, keepCurrent }) => {
        call.entry.target = auditField(data, 'userId') ?? null
        const caller = await authorise(services, call)
        const { account } = caller
        call.entry.target ??= account.userId
        const change = readFields('data', data, CHANGE_FIELDS)
        const userId = change.userId ?? account.userId
        const isOwn = userId === account.userId
        const asksForMore = change.passwordExpiry !== undefined || mustChangeOf(change) !== undefined
        if (!account.isSuperUser && (!isOwn || asksForMore)) throw changeRefused()
        if (!isOwn) {
          const { newPassword, passwordExpiry: expiry } = change
          const given = {
            password: newPassword,
            field: 'newPassword',
            now: call.now,
            expiry,
            mustChange: mustChangeOf(change),
          } as const
          await replace(call, userId, given)
          return { ust: null }
        }
        await changeOwn(call, caller, change, keepCurrent)
        return { ust: keepCurrent ? await reissued(caller) : null }
      },
    ),

    setPassword: verb(
      'user.set_password',
      { userId: filledText, password, mustChange: optionalFlag, passwordExpiry: optionalSeconds },
      async (call, { userId, password: newPassword, mustChange, passwordExpiry: expiry }) => {
        call.entry.actor = 'auto'
        call.entry.target = auditText(userId)
        requireApp(call, settings)
        if ((await directory.findUser({ userId })) === undefined) throw userMissing()
        await replace(call, userId, { password: newPassword, now: call.now, expiry, mustChange })
      },
    ),

    validatePassword: verb('user.validate_password', { password }, async (_call, { password: candidate }) =>
      requireGoodPassword(candidate, settings.password, 'password'),
    ),
  }
}
