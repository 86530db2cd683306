// How do tests know, after faults, that nothing acknowledged was lost and nothing was done twice?
import { isSojournError } from '../../../src/engine/error.ts'
import type { SessionStore } from '../../../src/engine/store.ts'
import { NOW } from '../../../src/testing/sessions/builders.ts'

/** Adds to a counter of one session again and again, and keeps account of what it was told. */
export interface Tally {
  /** Calls until told to stop; `workers` calls are open at any time. */
  run(workers: number, hooks: { readonly acknowledged: (sum: number) => void; readonly stop: () => boolean }): Promise<void>
  /** What the counter must be at least and at most. */
  expected(): { readonly least: number; readonly most: number }
  /** Errors that were not `ERR_STORE_UNAVAILABLE` with an account of what became of the change. */
  readonly wrong: unknown[]
  /** How many calls failed. */
  failed(): number
}

export function tally(store: SessionStore, id: string): Tally {
  const wrong: unknown[] = []
  let acknowledged = 0
  let unknown = 0
  let failed = 0

  async function add(hook: (sum: number) => void): Promise<void> {
    try {
      const outcome = await store.update(id, { attributes: [{ name: 'n', when: 'always', add: 1 }] }, NOW)
      if (outcome.outcome !== 'done') throw new Error(outcome.outcome)
      acknowledged += 1
      hook(acknowledged)
    } catch (error) {
      failed += 1
      if (!isSojournError(error, 'ERR_STORE_UNAVAILABLE') || error.applied === undefined) wrong.push(error)
      else if (error.applied === 'unknown') unknown += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  return {
    wrong,
    failed: () => failed,
    async run(workers, { acknowledged: hook, stop }) {
      const work = async () => {
        while (!stop()) await add(hook)
      }
      await Promise.all(Array.from({ length: workers }, work))
    },
    expected: () => ({ least: acknowledged, most: acknowledged + unknown }),
  }
}
