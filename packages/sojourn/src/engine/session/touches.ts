// Which deadlines has this process pushed lately, so that of many requests at once one writes?
import type { SessionId } from '../store.ts'
import type { Millis } from '../time.ts'

/** How many are remembered; forgetting one costs a write that changes nothing. */
const MOST_REMEMBERED = 10_000

/** The deadlines this process has pushed lately. */
export interface Touches {
  /** Takes the push to a deadline, unless one to about there was taken before. */
  claim(id: SessionId, expiresAt: Millis, interval: Millis): boolean
  /** Gives a push back that failed. */
  release(id: SessionId): void
}

export function createTouches(): Touches {
  const pushed = new Map<SessionId, Millis>()
  return {
    claim(id, expiresAt, interval) {
      const last = pushed.get(id)
      if (last !== undefined && expiresAt - last < interval) return false
      pushed.delete(id)
      const [oldest] = pushed.keys()
      if (pushed.size >= MOST_REMEMBERED && oldest !== undefined) pushed.delete(oldest)
      pushed.set(id, expiresAt)
      return true
    },
    release: (id) => pushed.delete(id),
  }
}
