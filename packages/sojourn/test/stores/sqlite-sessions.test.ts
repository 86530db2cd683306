// Does the SQLite store keep the promises of a session store?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from 'sojourn/sqlite'
import { type StoreUnderTest, sessionStoreConformance } from 'sojourn/testing'
import { describe } from 'vitest'
import { holdTo, SESSION_CASES } from '../support/conformance.ts'

async function openFile(): Promise<StoreUnderTest<true, false>> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-'))
  const path = join(folder, 'sojourn.db')
  const store = sqliteStore({ path, busyTimeout: 0.05 }).sessions
  let lock: DatabaseSync | undefined
  return {
    store,
    another: async () => sqliteStore(path).sessions,
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

async function openMemory(): Promise<StoreUnderTest<false, false, false>> {
  const store = sqliteStore(':memory:').sessions
  return { store, close: () => store.close() }
}

describe('the SQLite store on a file', () => {
  holdTo(sessionStoreConformance({ open: openFile, server: false }), SESSION_CASES - 1)
})

describe('the SQLite store in memory', () => {
  const kind = { shared: false, server: false, outages: false } as const // only its own connection leads to it
  holdTo(sessionStoreConformance({ open: openMemory, ...kind }), SESSION_CASES - 5)
})
