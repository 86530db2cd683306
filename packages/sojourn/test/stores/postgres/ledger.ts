// How do tests know, during and after faults, that no acknowledged session is missing and no acknowledged revocation undone?
import { isSojournError } from '../../../src/engine/error.ts'
import type { Principal, SessionStore } from '../../../src/engine/store.ts'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'

/** Begins and revokes sessions again and again, and keeps account of which must be alive and which must not. */
export interface Ledger {
  /** Calls, and looks at what is known already, until told to stop; `workers` calls are open at any time. */
  run(workers: number, stop: () => boolean): Promise<void>
  /** Looks at all that is known, with a store that waits. */
  audit(store: SessionStore): Promise<void>
  /** How many revocations were acknowledged. */
  revoked(): number
  /** How many looks were answered. */
  seen(): number
  /** Wrong answers, and errors that were not `ERR_STORE_UNAVAILABLE` with an account of what became of the change. */
  readonly wrong: unknown[]
}

/** A session, and whether it must be alive: `undefined` where that is not certain. */
interface Entry {
  readonly id: string
  readonly owner: Principal
  isAlive: boolean | undefined
}

/** How many sessions live for a while before they are revoked: what is not there any more cannot come back. */
const STANDING = 30

/** How many of the latest sessions are looked at more often than others. */
const RECENT = 100

export function ledger(store: SessionStore): Ledger {
  const wrong: unknown[] = []
  const entries: Entry[] = []
  const refused: Entry[] = []
  const standing: Entry[] = []
  let [revoked, seen, turn] = [0, 0, 0]

  /** What became of a change. */
  async function attempt(change: () => Promise<unknown>): Promise<'done' | 'no' | 'unknown'> {
    try {
      await change()
      return 'done'
    } catch (error) {
      await new Promise((resolve) => setImmediate(resolve))
      if (isSojournError(error, 'ERR_STORE_UNAVAILABLE') && error.applied !== undefined) return error.applied
      wrong.push(error)
      return 'unknown'
    }
  }

  async function create(isKept: boolean): Promise<void> {
    const owner = principal()
    const session = newSession(owner)
    const made = await attempt(() => store.create(session))
    if (made === 'unknown') return
    const entry = { id: session.id, owner, isAlive: made === 'done' }
    if (made === 'no') refused.push(entry)
    else entries.push(entry)
    if (made === 'done' && !isKept) standing.push(entry)
  }

  async function revoke(entry: Entry): Promise<void> {
    entry.isAlive = undefined
    const ended = await attempt(() => store.revoke({ principal: entry.owner }, NOW))
    if (ended === 'unknown') return
    entry.isAlive = ended === 'no'
    if (ended === 'done') revoked += 1
  }

  async function look(entry: Entry | undefined, through: SessionStore): Promise<void> {
    if (entry?.isAlive === undefined) return
    const { id, isAlive } = entry
    const found = await through.load(id, 'header', NOW)
    if (entry.isAlive !== isAlive) return // it was revoked meanwhile
    if ((found !== undefined) !== isAlive) wrong.push(`${id} ${isAlive ? 'is missing' : 'is back'}`)
    seen += 1
  }

  return {
    wrong,
    revoked: () => revoked,
    seen: () => seen,
    async run(workers, stop) {
      const work = async () => {
        while (!stop()) {
          turn += 1
          const own = turn
          // Some create while others revoke.
          const entry = own % 2 === 0 && standing.length > STANDING ? standing.shift() : undefined
          await (entry === undefined ? create(own % 3 === 0) : revoke(entry))
          // The latest are what a failover could lose, the others what it could mix up.
          for (const one of [entry ?? entries.at(-1), entries.at(-(own % RECENT)), entries[own % entries.length]]) {
            if ((await attempt(() => look(one, store))) === 'unknown') wrong.push('a look that may have changed something')
          }
        }
      }
      await Promise.all(Array.from({ length: workers }, work))
    },
    async audit(through) {
      for (const entry of [...entries, ...refused]) await look(entry, through)
    },
  }
}
