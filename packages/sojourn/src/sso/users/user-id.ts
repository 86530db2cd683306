// How are users named by the system?
import { randomUUID } from 'node:crypto'

/** Digits and letters without those that are taken for one another (Crockford's base 32). */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

const LEAST_DIGITS = 25

/** A new user id: `zusr` and a random UUID as a number in base 32; 29 or 30 characters. */
export function newUserId(): string {
  let rest = BigInt(`0x${randomUUID().replaceAll('-', '')}`)
  let digits = ''
  for (; rest > 0n; rest /= 32n) digits = `${ALPHABET.charAt(Number(rest % 32n))}${digits}`
  // One number of 256 begins with so many zeros that it would be shorter.
  return digits.length < LEAST_DIGITS ? newUserId() : `zusr${digits}`
}
