// How does a test know that the news of what was done elsewhere has arrived?
import { setTimeout as delay } from 'node:timers/promises'
import type { SessionStore } from 'sojourn'
import type { StoreUnderTest } from 'sojourn/testing'
import { type SessionCache, sessionCacheOf } from '../../../src/engine/cache/session-cache.ts'

/** The cache before a store, which must have one. */
export function cacheOf(store: SessionStore): SessionCache {
  const cache = sessionCacheOf(store)
  if (cache === undefined) throw new Error('the store has no cache')
  return cache
}

type Outage = NonNullable<StoreUnderTest['outage']>

/** Waits for the connection after an outage. One that was lost brings no news, and it takes a moment until that is known. */
async function settledAgain(cache: SessionCache): Promise<void> {
  for (let attempts = 0; attempts < 40; attempts += 1) {
    const settled = cache.settled().then(
      () => true,
      () => delay(50, false),
    )
    if (await Promise.race([settled, delay(500, false)])) return
  }
  throw new Error('the cache did not connect again')
}

/** A store with a cache that is connected. */
export interface Settled {
  readonly store: SessionStore
  /** How much was sent to wait for news, which no call of a store does. */
  unasked(): number
  /** The same outage: while it lasts no news is waited for, and it is over when the cache is connected again. */
  through(outage: Outage): Outage
}

/** Once it is connected: the same store, whose every load first waits for the news of everything that was answered before. */
export async function settling(store: SessionStore, sent: () => number = () => 0): Promise<Settled> {
  const cache = cacheOf(store)
  await cache.settled()
  let [isWaiting, unasked] = [true, 0]
  const waiting: SessionStore = {
    ...store,
    async load(id, want, now) {
      const before = sent()
      if (isWaiting) await cache.settled()
      unasked += sent() - before
      return await store.load(id, want, now)
    },
    async close() {
      isWaiting = false
      await store.close()
    },
  }
  return {
    store: waiting,
    unasked: () => unasked,
    through: ({ begin, end }) => ({
      async begin() {
        isWaiting = false
        await begin()
      },
      async end() {
        await end()
        await settledAgain(cache)
        isWaiting = true
      },
    }),
  }
}

/** Once it is connected. */
export async function connected(store: SessionStore): Promise<Settled> {
  const { through } = await settling(store)
  return { store, unasked: () => 0, through }
}
