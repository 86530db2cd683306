// Does the SQLite store keep the promises of a directory?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore } from 'sojourn/sqlite'
import { type DirectoryUnderTest, directoryConformance } from 'sojourn/testing'
import { describe } from 'vitest'
import { DIRECTORY_CASES, holdTo } from '../support/conformance.ts'

async function openFile(): Promise<DirectoryUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-'))
  const path = join(folder, 'sojourn.db')
  const { directory } = sqliteStore(path)
  return {
    directory,
    another: async () => sqliteStore(path).directory,
    async close() {
      await directory.close()
      rmSync(folder, { recursive: true })
    },
  }
}

async function openMemory(): Promise<DirectoryUnderTest<false>> {
  const { directory } = sqliteStore(':memory:')
  return { directory, close: () => directory.close() }
}

describe('the SQLite directory in a file', () => {
  holdTo(directoryConformance({ open: openFile }), DIRECTORY_CASES)
})

describe('the SQLite directory in memory', () => {
  // Only its own connection leads to it.
  holdTo(directoryConformance({ open: openMemory, shared: false }), DIRECTORY_CASES - 7)
})
