// Does the memory store keep the promises of a session store?
import { memoryStore } from 'sojourn/memory'
import { sessionStoreConformance } from 'sojourn/testing'
import { describe } from 'vitest'
import { holdTo, SESSION_CASES } from '../support/conformance.ts'

const cases = sessionStoreConformance({
  shared: false, // each store has a memory of its own
  server: false,
  outages: false, // it is there as long as the process is
  async open() {
    const { sessions } = memoryStore()
    return { store: sessions, close: () => sessions.close() }
  },
})

describe('the memory store', () => {
  holdTo(cases, SESSION_CASES - 5)
})
