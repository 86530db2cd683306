// Do the embedded stores answer as the reference model does?
import { memoryStore } from 'sojourn/memory'
import { sqliteStore } from 'sojourn/sqlite'
import { describe, it } from 'vitest'
import type { SessionStore } from '../../src/engine/store.ts'
import { count } from '../support/scale.ts'
import { compareRuns } from './session-store-runs.ts'
import { withDatabase } from './support/sqlite-processes.ts'

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

  it('are answered by two SQLite stores on one file as by the model, whichever of them is asked', async () => {
    await withDatabase(async (path) => {
      let run = 0
      await compareRuns(
        async () => {
          run += 1
          const options = { path, prefix: `run${run}` }
          const store = taking(sqliteStore(options).sessions, sqliteStore(options).sessions)
          return { store, close: () => store.close() }
        },
        Math.ceil(runs / 10),
      )
    })
  })
})

/** Two stores as one, which asks now the one and now the other. */
function taking(one: SessionStore, other: SessionStore): SessionStore {
  let calls = 0
  const next = () => {
    calls += 1
    // Not in turn: a step of the runs may be two calls.
    return calls % 7 < 3 ? one : other
  }
  return {
    sweepInterval: one.sweepInterval,
    counters: (...args) => next().counters(...args),
    create: (...args) => next().create(...args),
    load: (...args) => next().load(...args),
    update: (...args) => next().update(...args),
    delete: (...args) => next().delete(...args),
    list: (...args) => next().list(...args),
    revoke: (...args) => next().revoke(...args),
    bump: (...args) => next().bump(...args),
    claimSweep: (...args) => next().claimSweep(...args),
    sweep: (...args) => next().sweep(...args),
    async close() {
      await one.close()
      await other.close()
    },
  }
}
