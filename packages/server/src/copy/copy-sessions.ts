// How do sessions reach the target as they are, and how do dead ones end there?
import type { ListedSession, NewSession, SessionStore, StoredSession } from 'sojourn'
import { historyOf } from './history.ts'
import { inParallel, pagesOf } from './pages.ts'
import { same, sameSession } from './same.ts'
import type { Sample } from './sample.ts'
import { emptyTally, type PassContext, type Tally } from './tally.ts'

/** What a pass over sessions works with. */
export interface SessionPass extends PassContext {
  /** `fill`: the target is taken to be empty. `compare`: it has been copied to before. */
  readonly mode: 'fill' | 'compare'
  /** Histories that end before this are at the target already. Only lists tell histories, so that not all of them are compared. */
  readonly since: number
  /** Told each session that is alive at the source. */
  readonly meet: Sample['meet']
}

/** Copies every live session of the source that the target has not, or has otherwise. */
export async function copySessions(from: SessionStore, to: SessionStore, pass: SessionPass): Promise<Tally> {
  const tally = emptyTally()
  for await (const page of pagesOf((query) => from.list(query, pass.clock()), pass.signal)) {
    await inParallel(page, (listed) => copyOne(from, to, pass, listed, tally))
    pass.advance(page.length)
  }
  return tally
}

/** What happens to a session meanwhile is found by the next pass; that it ended, by {@link endDead}. */
async function copyOne(
  from: SessionStore,
  to: SessionStore,
  { clock, mode, since, meet }: SessionPass,
  { id, history }: ListedSession,
  tally: Tally,
): Promise<void> {
  const now = clock()
  const session = await from.load(id, 'all', now)
  if (typeof session !== 'object') return
  tally.source += 1
  meet(session, history)
  const copy = copyOf(session, history)
  if (mode === 'fill' && (await to.create(copy)).outcome === 'done') {
    tally.changed += 1
    return
  }
  const there = await to.load(id, 'all', now)
  const mayBeLonger = (history.at(-1)?.at ?? 0) >= since
  if (typeof there === 'object' && sameSession(session, there)) {
    if (!mayBeLonger || same(history, await historyOf(to, session, now))) return
  }
  // Written anew and not changed, so that its attributes keep their instants. Nobody uses the target yet.
  await to.delete(id, now)
  const { outcome } = await to.create(copy)
  if (outcome === 'done') tally.changed += 1
  else tally.waiting += 1
}

function copyOf({ version: _, ...session }: StoredSession, history: NewSession['history']): NewSession {
  return { ...session, history }
}

/** Ends at the target what is dead at the source, and counts what is alive at both. */
export async function endDead(from: SessionStore, to: SessionStore, pass: PassContext): Promise<Tally> {
  const tally = emptyTally()
  for await (const page of pagesOf((query) => to.list(query, pass.clock()), pass.signal)) {
    await inParallel(page, async ({ id }) => {
      if (typeof (await from.load(id, 'header', pass.clock())) === 'object') {
        tally.target += 1
        return
      }
      await to.delete(id, pass.clock())
      tally.changed += 1
    })
    pass.advance(page.length)
  }
  return tally
}

/** How many sessions are alive. */
export async function countSessions(
  store: SessionStore,
  { clock, signal }: Pick<PassContext, 'clock' | 'signal'>,
): Promise<number> {
  let count = 0
  for await (const page of pagesOf((query) => store.list(query, clock()), signal)) count += page.length
  return count
}
