// With what do the tests of the cache begin: two fronts of one store, and a session that the first one holds?
import type { SessionStore } from 'sojourn'
import type { CacheOptions } from '../../../src/engine/cache/cache-options.ts'
import { attributes, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { type Front, sharedStore } from './manual-channel.ts'

/** Whose session it is. */
export const owner = principal()

/** Changes the value `v` of a session. */
export const set = (store: SessionStore, id: string, value: string, now = NOW) =>
  store.update(id, { attributes: [{ name: 'v', when: 'always', value }] }, now)

/** Two fronts of one store, connected, and a session that the first holds. */
export async function two(options: CacheOptions = {}) {
  const shared = sharedStore()
  const [near, far] = [shared.open(options), shared.open()]
  await Promise.all([near.cache.settled(), far.cache.settled()])
  const session = newSession(owner, { attributes: attributes({ v: '0', w: '1' }) })
  await shared.plain.create(session)
  await near.store.load(session.id, 'all', NOW)
  return { ...shared, near, far, session, id: session.id }
}

/** How often the store is asked while something is done. */
export async function askedFor(front: Front, run: () => Promise<unknown>): Promise<number> {
  const before = front.asked()
  await run()
  return front.asked() - before
}
