// What is told of every session, whether it is read or listed?
import type { SessionHeader, SessionId } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'

/** What is told of a session. Never its token. */
export interface SessionFacts {
  /** Its public name, safe in logs and lists. */
  readonly id: SessionId
  /** Whose it is; `null` for a guest. */
  readonly userId: string | null
  /** The user name of its owner; `null` for a guest. */
  readonly username: string | null
  /** Epoch milliseconds. */
  readonly creationTime: Millis
  /** Epoch milliseconds. */
  readonly expirationTime: Millis
  readonly remoteAddr: string
  readonly userAgent: string
}

export function sessionFacts(
  {
    id,
    principal,
    createdAt,
    expiresAt,
    details,
  }: Pick<SessionHeader, 'id' | 'principal' | 'createdAt' | 'expiresAt' | 'details'>,
  username: string | null,
): SessionFacts {
  const { remoteAddr, userAgent } = details
  return { id, userId: principal, username, creationTime: createdAt, expirationTime: expiresAt, remoteAddr, userAgent }
}
