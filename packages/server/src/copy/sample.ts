// Do some sessions, looked at once more, read the same on both sides, their histories too?
import type { SessionId, SessionStore } from 'sojourn'
import { historyOf } from './history.ts'
import { inParallel } from './pages.ts'
import { same, sameSession } from './same.ts'

/** How many sessions are looked at. */
const SIZE = 200

/** Ids chosen at random from all that were met, each as likely as any other. */
export interface Sample {
  readonly meet: (id: SessionId) => void
  readonly ids: () => readonly SessionId[]
}

/** An empty sample. */
export function createSample(): Sample {
  const chosen: SessionId[] = []
  let met = 0
  return {
    meet(id) {
      met += 1
      if (chosen.length < SIZE) chosen.push(id)
      else {
        const place = Math.floor(Math.random() * met)
        if (place < SIZE) chosen[place] = id
      }
    },
    ids: () => [...chosen],
  }
}

/** Compares the sessions of a sample on both sides. */
export async function compareSample(from: SessionStore, to: SessionStore, ids: readonly SessionId[], now: number) {
  let different = 0
  await inParallel(ids, async (id) => {
    const [one, other] = [await from.load(id, 'all', now), await to.load(id, 'all', now)]
    if (typeof one !== 'object' || typeof other !== 'object') {
      if (typeof one !== typeof other) different += 1
      return
    }
    const [history, otherHistory] = [await historyOf(from, one, now), await historyOf(to, other, now)]
    if (!sameSession(one, other) || !same(history, otherHistory)) different += 1
  })
  return { compared: ids.length, different }
}
