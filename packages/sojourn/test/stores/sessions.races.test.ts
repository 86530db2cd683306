// Does no session come back on the embedded stores, in ten thousand races of each kind?
import { memoryStore } from 'sojourn/memory'
import { sqliteStore } from 'sojourn/sqlite'
import { type StoreUnderTest, sessionStoreConformance } from 'sojourn/testing'
import { describe, it } from 'vitest'
import type { SessionStore } from '../../src/engine/store.ts'
import { count } from '../support/scale.ts'
import { withDatabase } from './support/sqlite-processes.ts'

const races = count({ full: 10_000, quick: 200 })

function subject(store: SessionStore, another: StoreUnderTest['another']): StoreUnderTest {
  return { store, another, countRoundTrips: undefined, outage: undefined, close: () => store.close() }
}

const racesOf = (open: () => Promise<StoreUnderTest>) =>
  sessionStoreConformance({ open, races }).filter(({ name }) => name.startsWith('concurrency: never'))

describe(`${races} races`, () => {
  for (const { name, run } of racesOf(async () => subject(memoryStore().sessions, undefined))) it(`memory, ${name}`, run)

  for (const name of racesOf(async () => subject(memoryStore().sessions, undefined)).map((each) => each.name)) {
    it(`SQLite, ${name}`, { timeout: 600_000 }, () =>
      withDatabase(async (path) => {
        const open = async () => subject(sqliteStore(path).sessions, async () => sqliteStore(path).sessions)
        await racesOf(open)
          .find((each) => each.name === name)
          ?.run()
      }),
    )
  }
})
