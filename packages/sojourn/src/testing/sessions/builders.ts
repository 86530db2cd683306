// What do the sessions look like that the conformance suite stores?
import { createHash } from 'node:crypto'
import type { NewSession, Principal, SessionId, StoredAttribute } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import { MANUAL_START } from '../clock.ts'

/** The instant at which the sessions of the suite are created. */
export const NOW: Millis = MANUAL_START
export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

let made = 0

/** A number that nothing else in this process was built from. */
function next(): number {
  made += 1
  return made
}

const digest = (text: string) => createHash('sha256').update(text).digest()

/** A principal by that name and with its tag; without a name one that is nobody else. */
export function principal(name: string = `user-${next()}`): Principal {
  return { id: name, tag: digest(name).subarray(0, 8).toString('hex') }
}

/** An id that no other session has: it begins with the tag of its principal, or for a guest with anything. */
export function sessionId(owner: Principal | null): SessionId {
  const random = digest(`session-${next()}`)
  const tag = owner === null ? random.subarray(18, 26) : Buffer.from(owner.tag, 'hex')
  return Buffer.concat([tag, random.subarray(0, 10)]).toString('base64url')
}

/** A new session of a principal or of a guest (`null`): created at {@link NOW}, ends an hour later, holds nothing. */
export function newSession(owner: Principal | null, fields: Partial<NewSession> = {}): NewSession {
  const id = sessionId(owner)
  return {
    id,
    principal: owner?.id ?? null,
    createdAt: NOW,
    sliding: false,
    details: {
      remoteAddr: '192.0.2.7',
      userAgent: 'Test/1.0',
      app: 'CRM',
      authType: 'default',
      methods: ['pwd'],
      authenticatedAt: NOW,
    },
    expiresAt: NOW + HOUR,
    absoluteAt: NOW + 24 * HOUR,
    renewAt: null,
    secretHash: digest(`secret of ${id}`).toString('base64url'),
    previousHash: null,
    successor: null,
    graceEndsAt: null,
    dataKey: null,
    previousDataKey: null,
    attributes: new Map(),
    history: [],
    ...fields,
  }
}

/** An attribute as the engine makes them: written once, at {@link NOW}, for good. */
export function attribute(value: string | Uint8Array, fields: Partial<StoredAttribute> = {}): StoredAttribute {
  return { value, createdAt: NOW, modifiedAt: NOW, expiresAt: null, revision: 1, ...fields }
}

/** Attributes that hold these values. */
export function attributes(values: Readonly<Record<string, string | Uint8Array>>): Map<string, StoredAttribute> {
  return new Map(Object.entries(values).map(([name, value]) => [name, attribute(value)]))
}

/** Some bytes, of every value there is. */
export function bytes(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (first + index) % 256)
}
