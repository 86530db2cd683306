// Does the SQLite store keep the promises of a directory?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore } from 'sojourn/sqlite'
import { type DirectoryUnderTest, directoryConformance } from 'sojourn/testing'
import { describe } from 'vitest'
import { aloneOf, holdTo } from '../support/conformance.ts'

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

async function openMemory(): Promise<DirectoryUnderTest> {
  const { directory } = sqliteStore(':memory:')
  return { directory, another: undefined, close: () => directory.close() }
}

describe('the SQLite directory in a file', () => {
  holdTo(directoryConformance({ open: openFile }))
})

describe('the SQLite directory in memory', () => {
  const alone = aloneOf(directoryConformance({ open: openMemory }))
  holdTo(directoryConformance({ open: openMemory, skip: [alone] }), alone.tests.length)
})
