// Does no session come back on the embedded stores, in ten thousand races of each kind?
import { memoryStore } from 'sojourn/memory'
import { sqliteStore } from 'sojourn/sqlite'
import { type ConformanceCase, sessionStoreConformance } from 'sojourn/testing'
import { describe, expect, it } from 'vitest'
import { count } from '../support/scale.ts'
import { withDatabase } from './support/sqlite-processes.ts'

const races = count({ full: 10_000, quick: 200 })

const isRace = ({ name }: ConformanceCase) => name.startsWith('concurrency: never')

const inMemory = sessionStoreConformance({
  shared: false,
  server: false,
  outages: false,
  races,
  async open() {
    const { sessions } = memoryStore()
    return { store: sessions, close: () => sessions.close() }
  },
}).filter(isRace)

const inFile = (path: string) =>
  sessionStoreConformance({
    server: false,
    outages: false,
    races,
    async open() {
      const store = sqliteStore(path).sessions
      return { store, another: async () => sqliteStore(path).sessions, close: () => store.close() }
    },
  }).filter(isRace)

describe(`${races} races`, () => {
  it('are of two kinds', () => expect(inMemory).toHaveLength(2))

  for (const { name, run } of inMemory) it(`memory, ${name}`, run)

  for (const { name } of inMemory) {
    it(`SQLite, ${name}`, () =>
      withDatabase(async (path) => {
        const race = inFile(path).find((each) => each.name === name)
        expect(race).toBeDefined()
        await race?.run()
      }))
  }
})
