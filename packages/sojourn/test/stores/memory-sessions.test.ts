// Does the memory store keep the promises of a session store?
import { memoryStore } from 'sojourn/memory'
import { sessionStoreConformance } from 'sojourn/testing'
import { describe } from 'vitest'
import { ALONE, ALWAYS_THERE, holdTo, SERVERLESS } from '../support/conformance.ts'

const cases = sessionStoreConformance({
  async open() {
    const { sessions } = memoryStore()
    return { store: sessions, another: undefined, countRoundTrips: undefined, outage: undefined, close: () => sessions.close() }
  },
  skip: [ALONE, SERVERLESS, ALWAYS_THERE],
})

describe('the memory store', () => {
  holdTo(cases, 5)
})
