// How does a test know that the news of what was done elsewhere has arrived?
import type { SessionStore } from 'sojourn'
import { type SessionCache, sessionCacheOf } from '../../../src/engine/cache/session-cache.ts'

/** The cache before a store, which must have one. */
export function cacheOf(store: SessionStore): SessionCache {
  const cache = sessionCacheOf(store)
  if (cache === undefined) throw new Error('the store has no cache')
  return cache
}

/** Once it is connected: the same store, whose every load first waits for the news of everything that was answered before. */
export async function settling(store: SessionStore): Promise<SessionStore> {
  const cache = cacheOf(store)
  await cache.settled()
  let isClosed = false
  return {
    ...store,
    async load(id, want, now) {
      if (!isClosed) await cache.settled()
      return await store.load(id, want, now)
    },
    async close() {
      isClosed = true
      await store.close()
    },
  }
}

/** Once it is connected. */
export async function connected(store: SessionStore): Promise<SessionStore> {
  await cacheOf(store).settled()
  return store
}
