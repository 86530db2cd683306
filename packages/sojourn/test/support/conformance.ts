// How is a store of ours held to every case of a conformance suite, and what may it be excused from?
import type { ConformanceCase, ConformanceSkip } from 'sojourn/testing'
import { expect, it } from 'vitest'

/** What nobody else can open has nobody who sees it too. */
export const ALONE: ConformanceSkip = {
  reason: 'nobody else can open it',
  tests: [
    'faults: keeps what it was given for whoever opens the data next',
    'list: goes on in whoever opens the same data',
    'revocation: is in force for everybody who opens the same data',
  ],
}

/** What lies in this process, or in a file beside it, has no round trips. */
export const SERVERLESS: ConformanceSkip = { reason: 'there is no server', tests: ['cost: makes one round trip a call'] }

const OUTAGE = 'faults: answers an outage with an error, and goes on when it is over'

/** What lies in this process cannot be taken away from it. */
export const ALWAYS_THERE: ConformanceSkip = { reason: 'it cannot be taken away', tests: [OUTAGE] }

/** What a cache changes about the case is the matter of tests of its own. */
export const CACHED: readonly ConformanceSkip[] = [
  { reason: 'loads do not go to the server; counted in cache-cost.test.ts', tests: SERVERLESS.tests },
  { reason: 'loads are answered for a while; tried in cache-faults.test.ts', tests: [OUTAGE] },
]

/** The same of directories: a whole chapter. */
export function aloneOf(cases: readonly ConformanceCase[]): ConformanceSkip {
  return { reason: 'nobody else can open it', tests: cases.map(({ name }) => name).filter((name) => name.startsWith('shared: ')) }
}

/** Runs all cases. One that is skipped shows with its reason, and there must be exactly as many of them as are `excused`. */
export function holdTo(cases: readonly ConformanceCase[], excused = 0): void {
  for (const { name, skipped, run } of cases) {
    if (skipped === undefined) it(name, run)
    else it.skip(`${name} (${skipped})`, run)
  }
  it(excused === 0 ? 'is held to every case' : `is held to all cases but ${excused}`, () => {
    expect(cases.length).toBeGreaterThan(50)
    expect(cases.filter(({ skipped }) => skipped !== undefined)).toHaveLength(excused)
  })
}
