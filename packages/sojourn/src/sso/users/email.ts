// How are e-mail addresses kept, and found again?
import { createHmac } from 'node:crypto'
import type { RingVault } from '../../engine/core.ts'
import { invalidOption } from '../../engine/error.ts'
import type { StoredUser } from '../directory.ts'

/** Keeps addresses. */
export interface EmailVault {
  /** What is stored of an address; nothing of `null` and of empty text. */
  close(userId: string, email: string | null): Pick<StoredUser, 'email' | 'emailKey'>
  /** The address that was stored. */
  open(user: Pick<StoredUser, 'userId' | 'email'>): string | null
}

/** The longest address. Unit: characters (code points). */
const MOST_CHARACTERS = 128

/** An address that can be kept: one `@` or more, no whitespace, no control characters. `null` for none. */
export function requireEmail(email: unknown): string | null {
  if (email === undefined || email === null || email === '') return null
  if (typeof email !== 'string') throw invalidOption('email', 'must be an e-mail address')
  if (email.length > MOST_CHARACTERS * 2 || [...email].length > MOST_CHARACTERS)
    throw invalidOption('email', `must have at most ${MOST_CHARACTERS} characters`)
  if (!/^[^\s\p{C}]+@[^\s\p{C}]+$/u.test(email)) throw invalidOption('email', 'must be an e-mail address')
  return email
}

/**
 * Seals addresses by the key ring, or keeps them as they are.
 *
 * @param installationKey keys the hash by which an address is found without opening any.
 */
export function emailVault(ring: RingVault, installationKey: Uint8Array, isSealed: boolean): EmailVault {
  const place = (userId: string) => `user:${userId}`
  const keyOf = (email: string) =>
    createHmac('sha256', installationKey).update('email:').update(email.normalize('NFKC').toLowerCase()).digest('base64url')
  return {
    close(userId, email) {
      if (email === null) return { email: null, emailKey: null }
      return { email: isSealed ? ring.seal(place(userId), 'email', email) : email, emailKey: keyOf(email) }
    },
    open: ({ userId, email }) => (email instanceof Uint8Array ? ring.open(place(userId), 'email', email) : email),
  }
}
