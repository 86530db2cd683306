// How does a user keep no more sessions than the policy allows?
//
// Counted once a session was started, so that of any number of logins the last to count sees them all; each ends only sessions older than its
// own, the oldest first, so that two at once never end each other's.
import type { EngineCore } from '../core.ts'
import type { Policy } from '../policy.ts'
import type { ListedSession, Principal, SessionId, SessionStore } from '../store.ts'
import type { Clock } from '../time.ts'

const PAGE = 1000

/** One login ends no more; the next ones go on. A limit that is new may find users with thousands. */
const MOST_ENDED = 100

/** What counting stands on. */
export interface LimitServices {
  readonly store: SessionStore
  readonly clock: Clock
  readonly policy: Policy
  readonly end: EngineCore['end']
}

/** A session that was just started. */
export interface Started {
  readonly id: SessionId
  readonly principal: Principal
  /** Those in whose place it comes, which end in a moment and do not count. */
  readonly replaces: readonly (SessionId | undefined)[]
}

/** Ends what a session that was just started is too much for. One list call, and one for each that ends; none without a limit. */
export type SessionLimit = (started: Started) => Promise<void>

export function createSessionLimit({ store, clock, policy, end }: LimitServices): SessionLimit {
  async function sessionsOf(principal: Principal): Promise<ListedSession[]> {
    const found: ListedSession[] = []
    for (let after: string | undefined, more = true; more; ) {
      const page = await store.list({ principal, limit: PAGE, ...(after !== undefined && { after }) }, clock())
      found.push(...page.items)
      after = page.next
      more = after !== undefined
    }
    return found
  }

  return async ({ id, principal, replaces }) => {
    const { sessionsPerUser } = policy
    if (sessionsPerUser === null) return
    const counted = (await sessionsOf(principal)).filter((each) => !replaces.includes(each.id)).toSorted(byAge)
    const surplus = Math.min(counted.length - sessionsPerUser, MOST_ENDED)
    const older = counted.slice(
      0,
      Math.max(
        0,
        counted.findIndex((each) => each.id === id),
      ),
    )
    for (const { id: oldest } of older.slice(0, Math.max(0, surplus)))
      await end(oldest, { reason: 'displaced', principal: principal.id })
  }
}

function byAge(one: ListedSession, other: ListedSession): number {
  return one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1)
}
