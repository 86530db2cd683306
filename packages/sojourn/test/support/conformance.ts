// How is a store of ours held to every case of a conformance suite that there is for its kind?
import type { ConformanceCase } from 'sojourn/testing'
import { expect, it } from 'vitest'

/** How many cases there are for a session store that makes every promise. */
export const SESSION_CASES = 85

/** The same for a directory. */
export const DIRECTORY_CASES = 78

/** Runs all cases. There must be exactly so many, which every kind of store says by itself, so that none is lost in silence; and none is skipped. */
export function holdTo(cases: readonly ConformanceCase[], howMany: number): void {
  for (const { name, run } of cases) it(name, run)
  it(`is held to ${howMany} cases`, () => {
    expect(cases).toHaveLength(howMany)
    expect(cases.filter(({ skipped }) => skipped !== undefined)).toEqual([])
  })
}
