// Is what a login was proven by still true when its session begins?
//
// Between the check of a password and the session that follows it the user may have been locked, or their password changed; both end all of their
// sessions, and must end this one too. The counters that such a change raises are compared by the store when it creates the session.
import type { CoreStartOptions } from '../engine/core.ts'
import { SojournError } from '../engine/error.ts'
import type { SessionId } from '../engine/store.ts'
import type { LoginOptions } from './session.ts'
import type { WebContext } from './state.ts'

/** With what the session of a login begins. */
export interface LoginProof extends Pick<CoreStartOptions, 'details' | 'expect'> {
  /** The session that proves it. */
  readonly id: SessionId | undefined
  /** Ends what can prove one login only, once the session is there. */
  spend(): Promise<void>
}

/**
 * What a login rests on.
 *
 * @throws {SojournError} `ERR_CREDENTIALS_INVALID` when the proof is not, or no longer, a session of this user.
 */
export async function proofOf(userId: string | null, options: LoginOptions, { core }: WebContext): Promise<LoginProof> {
  const { proof, expect } = options
  if (proof === undefined || userId === null) {
    const { authType = 'default', methods = [] } = options
    const details = { authType, methods, authenticatedAt: core.clock() }
    return { id: undefined, details, expect, spend: async () => undefined }
  }
  // First the counters, then the session: whatever ends it from here on has raised them by the time that the store compares.
  const counters = await core.store.counters(core.principal(userId))
  const opened = await core.open(proof, { passive: true })
  if (opened.state !== 'live' || opened.handle.header().principal !== userId) throw outdated()
  const { id, details } = opened.handle.header()
  const { authType = details.authType, methods = details.methods } = options
  return {
    id,
    details: { authType, methods, authenticatedAt: details.authenticatedAt ?? core.clock() },
    expect: counters,
    async spend() {
      // Only this process has its token: where this fails it ends by itself, unused.
      await core.end(id, { reason: 'logout', principal: userId }).catch(() => false)
    },
  }
}

function outdated(): SojournError {
  return new SojournError('ERR_CREDENTIALS_INVALID', 'The session that proves the login is not one of this user, or has ended.', {
    fix: 'Have the user log in again.',
  })
}
