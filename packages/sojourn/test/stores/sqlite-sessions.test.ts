// Does the SQLite store keep the promises of a session store?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from 'sojourn/sqlite'
import { type StoreUnderTest, sessionStoreConformance } from 'sojourn/testing'
import { describe, it } from 'vitest'

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
  for (const { name, run } of sessionStoreConformance({ open: openFile })) it(name, run)
})

describe('the SQLite store in memory', () => {
  for (const { name, run } of sessionStoreConformance({ open: openMemory })) it(name, run)
})
