// Does the SQLite store keep the promises of a session store?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from 'sojourn/sqlite'
import { type StoreUnderTest, sessionStoreConformance } from 'sojourn/testing'
import { describe } from 'vitest'
import { ALONE, ALWAYS_THERE, holdTo, SERVERLESS } from '../support/conformance.ts'

async function openFile(): Promise<StoreUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-'))
  const path = join(folder, 'sojourn.db')
  const store = sqliteStore({ path, busyTimeout: 0.05 }).sessions
  let lock: DatabaseSync | undefined
  return {
    store,
    another: async () => sqliteStore(path).sessions,
    countRoundTrips: undefined,
    outage: {
      async begin() {
        lock = new DatabaseSync(path)
        lock.exec('BEGIN IMMEDIATE')
      },
      async end() {
        lock?.close()
      },
    },
    async close() {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

async function openMemory(): Promise<StoreUnderTest> {
  const store = sqliteStore(':memory:').sessions
  return { store, another: undefined, countRoundTrips: undefined, outage: undefined, close: () => store.close() }
}

describe('the SQLite store on a file', () => {
  holdTo(sessionStoreConformance({ open: openFile, skip: [SERVERLESS] }), 1)
})

describe('the SQLite store in memory', () => {
  holdTo(sessionStoreConformance({ open: openMemory, skip: [ALONE, SERVERLESS, ALWAYS_THERE] }), 5)
})
