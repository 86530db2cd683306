// Does a secret open a session, and with which secret does it go on?
import { openSuccessor } from '../sealing/session-keys.ts'
import type { SessionHeader } from '../store.ts'
import type { Millis } from '../time.ts'
import { hashSecret, sameSecret } from '../token.ts'

/** What a presented secret is to a session. */
export type Credential =
  | { readonly is: 'present'; readonly secret: string }
  /** Replaced, still answered: `secret` is the one that replaced it. */
  | { readonly is: 'replaced'; readonly secret: string }
  /** Replaced, and its grace is over. */
  | { readonly is: 'stolen' }
  | { readonly is: 'wrong' }

/** Judges a secret. The grace of a replaced one begins when its successor is first presented, and not before. */
export function judge(header: SessionHeader, secret: string, now: Millis): Credential {
  const hash = hashSecret(secret)
  if (sameSecret(hash, header.secretHash)) return { is: 'present', secret }
  if (header.previousHash === null || !sameSecret(hash, header.previousHash)) return { is: 'wrong' }
  if (header.successor === null || (header.graceEndsAt !== null && now >= header.graceEndsAt)) return { is: 'stolen' }
  const next = openSuccessor(header.id, secret, header.successor)
  return next === undefined ? { is: 'wrong' } : { is: 'replaced', secret: next }
}

/** The wrapped data key that opens with this secret (of a session whose key needs one); `null` when none does. */
export function wrappedFor(header: SessionHeader, secret: string | undefined): Uint8Array | null {
  if (secret === undefined) return header.dataKey
  const hash = hashSecret(secret)
  if (sameSecret(hash, header.secretHash)) return header.dataKey
  return header.previousHash !== null && sameSecret(hash, header.previousHash) ? header.previousDataKey : null
}
