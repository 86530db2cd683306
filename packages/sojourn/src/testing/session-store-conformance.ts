// Does a session store keep the promises of its contract?
import { type ConformanceCase, type ConformanceSkip, conformanceCases } from './conformance-cases.ts'
import { attributeChanges } from './sessions/attributes.ts'
import { changes } from './sessions/changes.ts'
import type { StoreTraits, StoreUnderTest } from './sessions/chapter.ts'
import { concurrency } from './sessions/concurrency.ts'
import { cost } from './sessions/cost.ts'
import { create } from './sessions/create.ts'
import { expiry } from './sessions/expiry.ts'
import { faults } from './sessions/faults.ts'
import { list } from './sessions/list.ts'
import { revisions } from './sessions/revisions.ts'
import { revocation } from './sessions/revocation.ts'
import { sweep } from './sessions/sweep.ts'

const CHAPTERS = [create, attributeChanges, revisions, changes, expiry, revocation, list, sweep, concurrency, cost, faults]

/** What {@link sessionStoreConformance} tries, and how. */
export interface SessionStoreConformance {
  /** Opens an empty store. Called once a case. */
  open(): Promise<StoreUnderTest>
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
 * Time is a parameter throughout: no case sleeps, and all happens around {@link MANUAL_START}. Run it under any runner:
 *
 * ```ts
 * for (const { name, skipped, run } of sessionStoreConformance({ open })) test(name, { skip: skipped !== undefined }, run)
 * ```
 *
 * @throws {SojournError} `ERR_OPTION_INVALID` when `skip` names a case that does not exist.
 */
export function sessionStoreConformance(options: SessionStoreConformance): readonly ConformanceCase[] {
  const { open, sweepTells = 'all', races = 100, skip = [] } = options
  return conformanceCases({ chapters: CHAPTERS, open, traits: { sweepTells, races }, skip })
}
