// Do some sessions, looked at once more, read the same on both sides, their histories too, and if not, which side has moved?
import { createHash } from 'node:crypto'
import { serialize } from 'node:v8'
import type { Interaction, SessionId, SessionStore, StoredSession } from 'sojourn'
import { historyOf } from './history.ts'
import { inParallel } from './pages.ts'
import { same, sameSession } from './same.ts'

/** How many sessions are looked at. */
const SIZE = 200

/** A session as the source had it when a pass copied or compared it: a digest, because one may be large. */
interface Met {
  readonly id: SessionId
  readonly digest: string
  readonly history: readonly Interaction[]
}

/** Sessions chosen at random from all that were met, each as likely as any other. */
export interface Sample {
  readonly meet: (session: StoredSession, history: readonly Interaction[]) => void
  readonly chosen: () => readonly Met[]
}

/** What a sample showed. */
export interface Compared {
  readonly compared: number
  readonly different: number
  /** How many of the different ones the source still has as they were copied: so it is the target that has moved. */
  readonly lost: number
}

/** An empty sample. */
export function createSample(): Sample {
  const chosen: Met[] = []
  let met = 0
  return {
    meet(session, history) {
      met += 1
      const place = chosen.length < SIZE ? chosen.length : Math.floor(Math.random() * met)
      if (place < SIZE) chosen[place] = { id: session.id, digest: digestOf(session), history }
    },
    chosen: () => [...chosen],
  }
}

/** Compares the sessions of a sample on both sides. */
export async function compareSample(
  from: SessionStore,
  to: SessionStore,
  sample: readonly Met[],
  now: number,
): Promise<Compared> {
  let [different, lost] = [0, 0]
  await inParallel(sample, async (met) => {
    // The source last: if it is then as it was before the copy, it was so all along.
    const there = await to.load(met.id, 'all', now)
    const thereBefore = typeof there === 'object' ? await historyOf(to, there, now) : undefined
    const here = await from.load(met.id, 'all', now)
    if (typeof here !== 'object') {
      if (typeof there === 'object') different += 1
      return
    }
    // Stores that forget by themselves may have forgotten one that ended meanwhile.
    if (here.expiresAt <= Date.now()) return
    const history = await historyOf(from, here, now)
    if (typeof there === 'object' && sameSession(here, there) && sameHistory(history, thereBefore)) return
    different += 1
    if (digestOf(here) === met.digest && sameHistory(history, met.history)) lost += 1
  })
  return { compared: sample.length, different, lost }
}

/** Whether histories are the same, as far as they are known. */
function sameHistory(one: readonly Interaction[] | undefined, other: readonly Interaction[] | undefined): boolean {
  return one === undefined || other === undefined || same(one, other)
}

/** A digest of what one store has of a session. The order of attributes means nothing, and versions belong to the principal. */
function digestOf({ attributes, version: _, ...header }: StoredSession): string {
  const sorted = [...attributes].sort(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256')
    .update(serialize([header, sorted]))
    .digest('base64')
}
