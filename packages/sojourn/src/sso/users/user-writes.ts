// How is a user changed, with its record and its consequences in one transaction?
import type { EngineCore } from '../../engine/core.ts'
import type { SessionId } from '../../engine/store.ts'
import type { Call } from '../access/context.ts'
import { ValidationError } from '../access/validation-error.ts'
import type { Directory, DirectoryWrite, Effect, StoredUser, UserChange, UserOutcome, UserWriteOptions } from '../directory.ts'
import type { Effects } from '../effects.ts'

/** Writes users. Each write holds the record of its call, makes copies of the user stale, and has had its effect when it answers. */
export interface UserWrites {
  /** @throws {ValidationError} `ERR_USER_EXISTS` */
  create(call: Call, user: StoredUser, only?: 'when-empty'): Promise<void>
  /**
   * @returns `superseded` when an expectation did not hold.
   * @throws {ValidationError} `ERR_USER_MISSING`, `ERR_USER_EXISTS`; `ERR_ACCESS_DENIED` (E008001) for the last super-user.
   */
  update(call: Call, userId: string, change: UserChange, options: UpdateOptions): Promise<'done' | 'superseded'>
  /** Ends the user's sessions, too. @throws {ValidationError} as {@link UserWrites.update}. */
  remove(call: Call, userId: string): Promise<void>
}

/** What goes with a change. */
export interface UpdateOptions extends UserWriteOptions {
  /** What becomes of the user's sessions: they stay, they end for good, or all end but one. */
  readonly sessions: 'stay' | 'end' | { readonly except: SessionId }
}

/** There is no such user. */
export function userMissing(): ValidationError {
  return new ValidationError('ERR_USER_MISSING', 'There is no such user.')
}

/** What nobody may do to themselves, nor to the last super-user. */
export function operationRefused(message: string, fix: string): ValidationError {
  return new ValidationError('ERR_ACCESS_DENIED', message, { subStatus: ['E008001'], fix })
}

function requireDone(outcome: UserOutcome): 'done' | 'superseded' {
  switch (outcome.outcome) {
    case 'missing':
      throw userMissing()
    case 'exists':
      throw new ValidationError('ERR_USER_EXISTS', 'There is a user of that name already.')
    case 'last-super-user':
      throw operationRefused(
        'Nobody would be left to administer: no other super-user is approved and not locked.',
        'Create another super-user first.',
      )
    case 'superseded':
    case 'done':
      return outcome.outcome
  }
}

/** Writes users through a directory, and has the effects applied. */
export function userWrites(directory: Directory, effects: Effects, core: Pick<EngineCore, 'principal'>): UserWrites {
  function effectsOn(userId: string, sessions: UpdateOptions['sessions']): readonly Effect[] {
    const principal = core.principal(userId)
    const bump: Effect = { kind: 'bump', principal }
    if (sessions === 'stay') return [bump]
    return [{ kind: 'revoke', principal, ...(sessions === 'end' ? {} : { except: sessions.except }) }, bump]
  }

  /** A call whose write was applied leaves no second record, whatever happens to it afterwards. */
  async function run(call: Call, wanted: readonly Effect[], write: (write: DirectoryWrite) => Promise<UserOutcome>) {
    const outcome = await write({
      now: call.now,
      audit: call.entry.isWritten ? [] : [call.entry.record('ok', null)],
      effects: wanted,
      applyEffects: effects.mode,
    })
    const done = requireDone(outcome)
    if (outcome.outcome === 'done') {
      call.entry.isWritten = true
      await effects.apply(wanted, outcome.pending)
    }
    return done
  }

  return {
    async create(call, user, only) {
      call.entry.target = user.userId
      try {
        await run(call, [], (write) => directory.createUser(user, write, only))
      } catch (error) {
        // The record of the refusal must not name a user who never was.
        if (!call.entry.isWritten) call.entry.target = null
        throw error
      }
    },
    update: (call, userId, change, { sessions, ...options }) =>
      run(call, effectsOn(userId, sessions), (write) => directory.updateUser(userId, change, write, options)),
    async remove(call, userId) {
      await run(call, effectsOn(userId, 'end'), (write) => directory.deleteUser(userId, write, { guard: 'last-super-user' }))
    },
  }
}
