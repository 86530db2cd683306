// How do a new session and a new password come about together, or not at all?
import type { CoreStartOptions, StartedSession } from '../../engine/core.ts'
import { isSojournError } from '../../engine/error.ts'
import type { Call } from '../access/context.ts'
import type { StoredUser, UserChange } from '../directory.ts'
import type { Services } from '../services.ts'
import { chosenExpiry } from '../sessions/session-expiry.ts'
import type { Candidate } from './login-identify.ts'

/**
 * Starts the session of a user as they were when they were read; `undefined` when they have changed since.
 *
 * @param methods how the user proved who they are (RFC 8176); none where trusted code vouches.
 */
export async function startSession(
  services: Pick<Services, 'core' | 'settings'>,
  call: Call,
  { user, counters }: Candidate,
  methods: readonly string[],
): Promise<StartedSession | undefined> {
  const { now, remoteAddr, userAgent, currentApp } = call
  const options: CoreStartOptions = {
    principal: user.userId,
    details: { remoteAddr, userAgent, app: currentApp, authType: 'default', methods, authenticatedAt: now },
    expect: counters,
    interaction: { at: now, remoteAddr, userAgent, source: 'login' },
    expiry: await chosenExpiry(services, user.username, currentApp),
  }
  try {
    return await services.core.start(options)
  } catch (error) {
    if (isSojournError(error, 'ERR_CREDENTIALS_INVALID')) return undefined
    throw error
  }
}

/** What must not have changed about a user whose password is replaced. */
function expectation({ passwordHash, isLocked, approvalStatus, signUpStatus }: StoredUser): UserChange {
  return { passwordHash, isLocked, approvalStatus, signUpStatus }
}

/**
 * Commits the new password of a login whose session is there already, and ends all other sessions with it. The token has not been told
 * yet, so that there is either both or nothing: a session whose password could not be kept is ended again.
 *
 * @returns whether the user was still as expected.
 */
export async function keepNewPassword(
  { core, writes }: Pick<Services, 'core' | 'writes'>,
  call: Call,
  user: StoredUser,
  change: UserChange,
  { handle }: StartedSession,
): Promise<boolean> {
  const undo = () => core.end(handle.id, { reason: 'deleted', principal: user.userId })
  try {
    const outcome = await writes.update(call, user.userId, change, {
      sessions: { except: handle.id },
      expect: expectation(user),
    })
    if (outcome === 'superseded') await undo()
    return outcome === 'done'
  } catch (error) {
    await undo().catch(() => undefined)
    throw error
  }
}
