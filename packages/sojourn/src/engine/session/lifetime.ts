// When does a session end, and until when does use push that?
import type { Policy } from '../policy.ts'
import type { SessionHeader } from '../store.ts'
import type { Millis, Seconds } from '../time.ts'

/** The latest instant there is (ECMA-262, 21.4.1.1). */
const LAST_INSTANT: Millis = 8_640_000_000_000_000

/** The instant so many seconds from another, to the next whole millisecond: stores keep no parts of one. */
export function after(now: Millis, duration: Seconds): Millis {
  return Math.min(now + Math.ceil(duration * 1000), LAST_INSTANT)
}

/** When a session ends if it is not used from now on. */
export function deadline(policy: Policy, sliding: boolean, absoluteAt: Millis, now: Millis, expiry?: Seconds): Millis {
  return Math.min(after(now, expiry ?? (sliding ? policy.idleTimeout : policy.expiry)), absoluteAt)
}

/** Where a use at this instant pushes the deadline of a sliding session; `undefined` while that is not worth a write. */
export function pushed(policy: Policy, { sliding, absoluteAt, expiresAt }: SessionHeader, now: Millis): Millis | undefined {
  if (!sliding) return undefined
  const next = deadline(policy, sliding, absoluteAt, now)
  return next > expiresAt && next - expiresAt >= policy.touchInterval * 1000 ? next : undefined
}
