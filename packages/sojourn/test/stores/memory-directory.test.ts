// Does the memory store keep the promises of a directory?
import { memoryStore } from 'sojourn/memory'
import { directoryConformance } from 'sojourn/testing'
import { describe } from 'vitest'
import { DIRECTORY_CASES, holdTo } from '../support/conformance.ts'

const cases = directoryConformance({
  shared: false, // each store has a memory of its own
  async open() {
    const { directory } = memoryStore()
    return { directory, close: () => directory.close() }
  },
})

describe('the memory directory', () => {
  holdTo(cases, DIRECTORY_CASES - 7)
})
