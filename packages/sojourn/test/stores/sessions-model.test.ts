// Do the embedded stores answer as the reference model does?
import { memoryStore } from 'sojourn/memory'
import { sqliteStore } from 'sojourn/sqlite'
import { describe, it } from 'vitest'
import { count } from '../support/scale.ts'
import { compareRuns } from './session-store-runs.ts'

const runs = count({ full: 5000, quick: 400 })

describe('random calls', () => {
  it('are answered by the memory store as by the model', async () => {
    await compareRuns(async () => {
      const { sessions: store } = memoryStore()
      return { store, close: () => store.close() }
    }, runs)
  })

  it('are answered by the SQLite store as by the model', async () => {
    await compareRuns(async () => {
      const { sessions: store } = sqliteStore(':memory:')
      return { store, close: () => store.close() }
    }, runs)
  })
})
