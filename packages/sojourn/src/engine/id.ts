// What is a session called, and how does its name lead to its principal's place in a store?
import { createHmac } from 'node:crypto'
import { randomBytes } from './random.ts'
import type { Principal, SessionId } from './store.ts'

const TAG_BYTES = 8
const RANDOM_BYTES = 10

/** Makes session ids and principals for one installation. */
export interface Ids {
  principal(userId: string): Principal
  /** A new id: the tag of the user, or a random one for a guest, and random bytes. */
  create(userId: string | null): SessionId
}

export function createIds(installationKey: Uint8Array): Ids {
  const tag = (userId: string) => createHmac('sha256', installationKey).update(userId, 'utf8').digest().subarray(0, TAG_BYTES)
  return {
    principal: (userId) => ({ id: userId, tag: tag(userId).toString('hex') }),
    create(userId) {
      const head = userId === null ? randomBytes(TAG_BYTES) : tag(userId)
      return Buffer.concat([head, randomBytes(RANDOM_BYTES)]).toString('base64url')
    },
  }
}

/** Whether text has the form of a session id. */
export function isSessionId(text: unknown): text is SessionId {
  return typeof text === 'string' && /^[A-Za-z0-9_-]{24}$/.test(text)
}
