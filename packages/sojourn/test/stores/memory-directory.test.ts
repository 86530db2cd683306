// Does the memory store keep the promises of a directory?
import { memoryStore } from 'sojourn/memory'
import { type DirectoryUnderTest, directoryConformance } from 'sojourn/testing'
import { describe } from 'vitest'
import { aloneOf, holdTo } from '../support/conformance.ts'

async function open(): Promise<DirectoryUnderTest> {
  const { directory } = memoryStore()
  return { directory, another: undefined, close: () => directory.close() }
}
const alone = aloneOf(directoryConformance({ open }))

describe('the memory directory', () => {
  holdTo(directoryConformance({ open, skip: [alone] }), alone.tests.length)
})
