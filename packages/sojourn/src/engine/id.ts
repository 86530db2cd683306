// What is a session called, and how does its name lead to its principal's place in a store?
import { createHmac } from 'node:crypto'
import { randomBytes } from './random.ts'
import type { Principal, SessionId } from './store.ts'

const TAG_BYTES = 8
const RANDOM_BYTES = 10
/** What a dash stands for in base64url. */
const DASH = 62

/** Makes session ids and principals for one installation. */
export interface Ids {
  principal(userId: string): Principal
  /** A new id: the tag of the user, or a random one for a guest, and random bytes. */
  create(userId: string | null): SessionId
}

export function createIds(installationKey: Uint8Array): Ids {
  const tag = (userId: string) =>
    undashed(createHmac('sha256', installationKey).update(userId, 'utf8').digest().subarray(0, TAG_BYTES))
  return {
    principal: (userId) => ({ id: userId, tag: tag(userId).toString('hex') }),
    create(userId) {
      const head = userId === null ? undashed(randomBytes(TAG_BYTES)) : tag(userId)
      return Buffer.concat([head, randomBytes(RANDOM_BYTES)]).toString('base64url')
    },
  }
}

/** Changes the first of bytes that would begin with a dash as base64url: a command line would take such an id for an option. */
export function undashed(bytes: Buffer): Buffer {
  const first = bytes[0] ?? 0
  if (first >> 2 === DASH) bytes[0] = first ^ 0x80
  return bytes
}

/** Whether text has the form of a session id. */
export function isSessionId(text: unknown): text is SessionId {
  return typeof text === 'string' && /^[A-Za-z0-9_-]{24}$/.test(text)
}
