// Which generations and versions are in force, in memory?
import type { Counters, Principal } from '../../engine/store.ts'

/** The counters that decide which sessions are alive. The directory part of the store moves them as well. */
export interface MemoryCounters {
  /** A principal's counters; only their id counts. */
  of(principal: Pick<Principal, 'id'>): Counters
  /** The generation of the guests. */
  guests(): number
  /** The generation of everybody. */
  all(): number
  /** Ends the sessions of a principal, of the guests or of everybody; answers the new generation. */
  revoke(scope: Pick<Principal, 'id'> | 'guests' | 'all'): number
  /** Raises a principal's version. */
  bump(principal: Pick<Principal, 'id'>): void
}

/** Makes the counters of one memory store. */
export function memoryCounters(): MemoryCounters {
  const none: Counters = { generation: 0, version: 0 }
  const principals = new Map<string, Counters>()
  const shared = { guests: 0, all: 0 }
  const of = ({ id }: Pick<Principal, 'id'>) => principals.get(id) ?? none
  return {
    of,
    guests: () => shared.guests,
    all: () => shared.all,
    revoke(scope) {
      if (typeof scope === 'string') {
        shared[scope] += 1
        return shared[scope]
      }
      const { generation, version } = of(scope)
      principals.set(scope.id, { generation: generation + 1, version })
      return generation + 1
    },
    bump(principal) {
      const { generation, version } = of(principal)
      principals.set(principal.id, { generation, version: version + 1 })
    },
  }
}
