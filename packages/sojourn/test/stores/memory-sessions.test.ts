// Does the memory store keep the promises of a session store?
import { memoryStore } from 'sojourn/memory'
import { sessionStoreConformance } from 'sojourn/testing'
import { describe, expect, it } from 'vitest'

const cases = sessionStoreConformance({
  async open() {
    const { sessions } = memoryStore()
    return { store: sessions, another: undefined, countRoundTrips: undefined, outage: undefined, close: () => sessions.close() }
  },
})

describe('the memory store', () => {
  for (const { name, run } of cases) it(name, run)

  it('is held to every case', () => expect(cases.filter(({ skipped }) => skipped !== undefined)).toEqual([]))
})
