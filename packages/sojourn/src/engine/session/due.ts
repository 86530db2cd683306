// What has to be written because a token was presented?

import type { Policy } from '../policy.ts'
import { type SessionKeys, sealSuccessor } from '../sealing/session-keys.ts'
import type { SessionChange, SessionHeader, SessionState } from '../store.ts'
import type { Millis } from '../time.ts'
import { hashSecret, newSecret } from '../token.ts'
import { after, pushed } from './lifetime.ts'

/** A change of what a session says of itself. */
export type HeaderChange = NonNullable<SessionChange['header']>

/** What is due, in the terms of {@link SessionChange}. */
export interface Due {
  readonly expect: NonNullable<SessionChange['expect']>
  readonly header: HeaderChange
  /** The secret that replaces the present one, where that is due. */
  readonly next: string | undefined
}

/** What decides about it. */
export interface DueContext {
  readonly policy: Policy
  readonly keys: SessionKeys
  /** The request must not keep the session alive; nor does it rotate. */
  readonly passive: boolean
  /** Whether the client can be given a new token. */
  readonly rotates: boolean
  /** Leaves out what needs the data key. */
  readonly keepsKeys: boolean
}

/** What is due when the present secret was presented, or a replaced one that was answered with it; `undefined` for nothing. */
export function whatIsDue(
  header: SessionHeader,
  presented: 'present' | 'replaced',
  secret: string,
  now: Millis,
  context: DueContext,
): Due | undefined {
  const { policy, keys, passive, rotates, keepsKeys } = context
  const expiresAt = passive ? undefined : pushed(policy, header, now)
  if (expiresAt === undefined && isQuiet(header, now, context)) return undefined
  const touch = expiresAt === undefined ? {} : { expiresAt, touchInterval: after(0, policy.touchInterval) }
  const grace = presented === 'present' ? graceOf(header, policy, now) : {}
  const graceRuns = header.successor !== null && grace.successor !== null
  const mayRotate = rotates && !passive && !keepsKeys
  if (presented === 'present' && mayRotate && !graceRuns && header.renewAt !== null && now >= header.renewAt) {
    const rotated = rotation(header, secret, now, context)
    return { ...rotated, header: { ...touch, ...rotated.header } }
  }
  // Sliding sessions are touched soon enough: their keys are wrapped anew with that write.
  const mayWrap = !passive && !keepsKeys && (!header.sliding || expiresAt !== undefined)
  const bySecret = { ...grace, ...(mayWrap && rewrapped(header, secret, keys)) }
  const change = { ...touch, ...bySecret }
  if (Object.keys(change).length === 0) return undefined
  const expect = Object.keys(bySecret).length > 0 ? { secretHash: hashSecret(secret) } : {}
  return { expect, header: change, next: undefined }
}

/** Whether nothing of a session but its deadline may be due, as with nearly all requests. */
function isQuiet({ successor, renewAt, dataKey }: SessionHeader, now: Millis, { keys, keepsKeys }: DueContext): boolean {
  const isRenewed = renewAt === null || now < renewAt
  return successor === null && isRenewed && (keepsKeys || dataKey === null || !keys.isOutdated(dataKey))
}

/** The grace of the previous secret starts when the present one is first presented; when it is over, the copies are erased. */
function graceOf(header: SessionHeader, policy: Policy, now: Millis): Partial<SessionState> {
  if (header.successor === null) return {}
  if (header.graceEndsAt === null) return { graceEndsAt: after(now, policy.renewalGrace) }
  return now >= header.graceEndsAt ? { successor: null, previousDataKey: null } : {}
}

/** The data key under the newest server key. */
function rewrapped({ id, dataKey }: SessionHeader, secret: string, keys: SessionKeys): Partial<SessionState> {
  if (dataKey === null || !keys.isOutdated(dataKey)) return {}
  return { dataKey: keys.wrap(id, secret, keys.unwrap(id, secret, dataKey, '*')) }
}

/** A new secret. The previous one still leads to it until the grace is over. */
function rotation(
  header: SessionHeader,
  secret: string,
  now: Millis,
  { policy, keys }: DueContext,
): Due & { readonly next: string } {
  const next = newSecret()
  const { id, dataKey } = header
  return {
    ...boundTo(secret, header),
    header: {
      ...replacement(header, secret, next, keys),
      previousHash: hashSecret(secret),
      successor: sealSuccessor(id, secret, next),
      graceEndsAt: null,
      previousDataKey: dataKey,
      renewAt: renewalAt(policy, now),
    },
    next,
  }
}

/** A new secret at once: the present one is worth nothing from here on. */
export function reissue(
  header: SessionHeader,
  secret: string,
  now: Millis,
  { policy, keys }: Pick<DueContext, 'policy' | 'keys'>,
): Due {
  const next = newSecret()
  return {
    ...boundTo(secret, header),
    header: {
      ...replacement(header, secret, next, keys),
      previousHash: null,
      successor: null,
      graceEndsAt: null,
      previousDataKey: null,
      renewAt: renewalAt(policy, now),
    },
    next,
  }
}

/** Of two replacements of a secret one wins. A data key made meanwhile would stay wrapped under the old one, so there must be none. */
function boundTo(secret: string, { dataKey }: SessionHeader): Pick<Due, 'expect'> {
  return { expect: { secretHash: hashSecret(secret), ...(dataKey === null && { dataKey: 'absent' }) } }
}

/** When a secret made now is due for rotation. */
export function renewalAt(policy: Policy, now: Millis): Millis | null {
  return policy.renewalTimeout === null ? null : after(now, policy.renewalTimeout)
}

/** The fields of a new secret, with the data key wrapped under it. */
function replacement(header: SessionHeader, secret: string, next: string, keys: SessionKeys): Partial<SessionState> {
  const { id, dataKey } = header
  return {
    secretHash: hashSecret(next),
    ...(dataKey !== null && { dataKey: keys.wrap(id, next, keys.unwrap(id, secret, dataKey, '*')) }),
  }
}
