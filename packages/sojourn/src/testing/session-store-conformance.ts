// Does a session store keep the promises of its contract?
import { type ConformanceCase, type ConformanceSkip, conformanceCases } from './conformance-cases.ts'
import { attributeChanges } from './sessions/attributes.ts'
import { changes } from './sessions/changes.ts'
import type { StoreTraits } from './sessions/chapter.ts'
import { concurrency } from './sessions/concurrency.ts'
import { cost } from './sessions/cost.ts'
import { create } from './sessions/create.ts'
import { expiry } from './sessions/expiry.ts'
import { faults } from './sessions/faults.ts'
import { list } from './sessions/list.ts'
import { revisions } from './sessions/revisions.ts'
import { revocation } from './sessions/revocation.ts'
import type { StoreUnderTest } from './sessions/store-under-test.ts'
import { sweep } from './sessions/sweep.ts'

const CHAPTERS = [create, attributeChanges, revisions, changes, expiry, revocation, list, sweep, concurrency, cost, faults]

/** What {@link sessionStoreConformance} tries, and how. */
export interface SessionStoreConformance<
  Shared extends boolean = true,
  Server extends boolean = true,
  Outages extends boolean = true,
> {
  /** Opens an empty store. Called once a case. */
  open(): Promise<StoreUnderTest<Shared, Server, Outages>>
  /** Whether others can open the same data, such as another process. Default: `true`; `open` then gives `another`. */
  readonly shared?: Shared
  /** Whether calls go to a server. Default: `true`; `open` then gives `countRoundTrips`. */
  readonly server?: Server
  /** Whether the storage can be away while the process goes on. Default: `true`; `open` then gives `outage`. */
  readonly outages?: Outages
  /**
   * Whether a cache may answer loads: a load then makes one round trip at most, and may be answered while the storage is away.
   * `strict`: at most two, as a cache that asks the store each time does for what it does not hold. Default: `false`: exactly one.
   */
  readonly cached?: StoreTraits['cached']
  /**
   * Whether a sweep names every session that died (`all`), or only those that the storage did not remove by itself (`some`).
   * Default: `all`.
   */
  readonly sweepTells?: StoreTraits['sweepTells']
  /** How often each kind of race is run. Default: `100`. */
  readonly races?: number
  /** Cases that a store is not held to, by their names, and why. */
  readonly skip?: readonly ConformanceSkip[]
}

/**
 * The conformance suite of session stores as a list of cases.
 *
 * A store is held to everything, unless it is said not to be of the kind (`shared`, `server`, `outages`): what only that kind promises is
 * then no case of its suite. Time is a parameter throughout: no case sleeps, and all happens around {@link MANUAL_START}. Run it under any runner:
 *
 * ```ts
 * for (const { name, skipped, run } of sessionStoreConformance({ open })) test(name, { skip: skipped !== undefined }, run)
 * ```
 *
 * @throws {SojournError} `ERR_OPTION_INVALID` when `skip` names a case that does not exist.
 */
export function sessionStoreConformance<
  Shared extends boolean = true,
  Server extends boolean = true,
  Outages extends boolean = true,
>(options: SessionStoreConformance<Shared, Server, Outages>): readonly ConformanceCase[] {
  const { open, shared, server, outages, sweepTells = 'all', cached = false, races = 100, skip = [] } = options
  const kind = { shared, server, outages }
  return conformanceCases({ chapters: CHAPTERS, open, traits: { sweepTells, cached, races }, kind, skip })
}
