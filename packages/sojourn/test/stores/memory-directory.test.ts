// Does the memory store keep the promises of a directory?
import { memoryStore } from 'sojourn/memory'
import { directoryConformance } from 'sojourn/testing'
import { describe, it } from 'vitest'

const cases = directoryConformance({
  async open() {
    const { directory } = memoryStore()
    return { directory, another: undefined, close: () => directory.close() }
  },
})

describe('the memory directory', () => {
  for (const { name, run } of cases) it(name, run)
})
