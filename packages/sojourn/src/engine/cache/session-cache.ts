// How are sessions that a store keeps answered from memory without ever outliving their end there?
//
// - Nothing is answered from memory, and nothing is kept, while there is no connection over which the store's server pushes what
//   changes. When it breaks everything is forgotten; a load that began before it was there keeps nothing.
// - A load that is under way when its session, or all of its group, is forgotten keeps nothing (cached-sessions.ts).
// - What this process may have changed is forgotten before it is answered, however it ended; and with it what was read meanwhile.
// - Only what is alive is kept; a session that looks over is asked of the store, where it may have been prolonged.
// - An answer from memory is at most `maxAge` old, by the clock of whoever asks, whatever news was lost.

import type { Principal, SessionId, SessionStore, StoredSession, Want } from '../store.ts'
import type { Millis } from '../time.ts'
import { type CacheOptions, cacheSettings } from './cache-options.ts'
import { createCachedSessions, excerpt, type Held } from './cached-sessions.ts'
import type { InvalidationChannel, InvalidationLink } from './invalidation.ts'
import { stayConnected } from './invalidation-connection.ts'

/** A store whose sessions can be cached. */
export interface CachedSource {
  readonly store: SessionStore
  readonly channel: InvalidationChannel
  /**
   * In one round trip, a text that changes with every change of a session, its attributes, and the counters that apply to it. `undefined`
   * when there is no such session.
   */
  fingerprint(id: SessionId): Promise<string | undefined>
}

/** What can be asked of a store with a cache besides what a store promises. */
export interface SessionCache {
  /** Waits for the connection, and then until everything has been heard of that was answered to anybody before this call. */
  settled(): Promise<void>
  /** Forgets the sessions of a principal, and others: for whoever ends them past the store. */
  forgetPrincipal(principal: Principal): void
  /** How many sessions are held. */
  size(): number
}

/** The connection is looked after once in a `maxAge`, within these bounds. Unit: milliseconds. */
const SHORTEST_INTERVAL = 1000
const LONGEST_INTERVAL = 5000

const caches = new WeakMap<SessionStore, SessionCache>()

/** The cache before a store that {@link withSessionCache} answered. Internal. */
export function sessionCacheOf(store: SessionStore): SessionCache | undefined {
  return caches.get(store)
}

/**
 * The same store with a cache before it. It connects with its first load, and closes its connection with the store.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function withSessionCache(
  source: CachedSource,
  options: CacheOptions,
): { readonly store: SessionStore; readonly cache: SessionCache } {
  const { maxSessions, maxAge, strict, onStatus } = cacheSettings(options)
  const { store, channel } = source
  const held = createCachedSessions(maxSessions, maxAge * 1000)
  const waiting: ((link: InvalidationLink) => void)[] = []
  let link: InvalidationLink | undefined
  let reported: boolean | undefined
  let disconnect: (() => void) | undefined
  let isClosed = false

  function connect(): void {
    if (isClosed) return
    disconnect ??= stayConnected(
      channel,
      {
        session: held.forget,
        group: held.forgetGroup,
        everything: held.forgetAll,
        connected(opened) {
          link = opened
          reported = true
          queueMicrotask(() => onStatus({ connected: true }))
          for (const resolve of waiting.splice(0)) resolve(opened)
        },
        disconnected(cause) {
          link = undefined
          held.forgetAll()
          if (reported !== false && !isClosed) queueMicrotask(() => onStatus({ connected: false, cause }))
          reported = false
        },
      },
      Math.min(Math.max(maxAge * 1000, SHORTEST_INTERVAL), LONGEST_INTERVAL),
    )
  }

  /** Reads a session whole, so that the next question about it is answered from memory whatever it is. */
  async function read(id: SessionId, want: Want, now: Millis): Promise<StoredSession | 'ended' | undefined> {
    const ticket = held.ticket(id)
    try {
      const fingerprint = strict ? await source.fingerprint(id) : undefined
      const session = await store.load(id, 'all', now)
      if (session === undefined || session === 'ended') return session
      held.keep(ticket, session, channel.groupOfSession(id, session.principal), now, fingerprint)
      return excerpt(session, want, now)
    } finally {
      held.waste(ticket)
    }
  }

  /** Answers from memory what the store still says is so. */
  async function compared(id: SessionId, want: Want, now: Millis, { session, fingerprint }: Held) {
    const present = await source.fingerprint(id)
    if (session !== undefined && present !== undefined && present === fingerprint) return excerpt(session, want, now)
    held.forget(id)
    return await read(id, want, now)
  }

  /** Runs a write; what it may have changed is forgotten before it is answered, and what was read of it meanwhile is not kept. */
  async function write<T>(forget: () => void, run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } finally {
      forget()
    }
  }

  const cached: SessionStore = {
    sweepInterval: store.sweepInterval,
    load(id, want, now) {
      if (link === undefined) {
        connect()
        return store.load(id, want, now)
      }
      const found = held.find(id, now)
      if (found === undefined) return read(id, want, now)
      if (found.session === undefined) return store.load(id, want, now)
      return strict ? compared(id, want, now, found) : Promise.resolve(excerpt(found.session, want, now))
    },
    update: (id, change, now) =>
      write(
        () => held.forget(id),
        () => store.update(id, change, now),
      ),
    delete: (id, now, tombstoneUntil) =>
      write(
        () => held.forget(id),
        () => (tombstoneUntil === undefined ? store.delete(id, now) : store.delete(id, now, tombstoneUntil)),
      ),
    revoke: (scope, now) =>
      write(
        () => (typeof scope === 'string' ? held.forgetAll() : held.forgetGroup(channel.groupOfPrincipal(scope.principal))),
        () => store.revoke(scope, now),
      ),
    bump: (principal) =>
      write(
        () => held.forgetGroup(channel.groupOfPrincipal(principal)),
        () => store.bump(principal),
      ),
    claimSweep: (interval) => store.claimSweep(interval),
    async sweep(now, limit) {
      const swept = await store.sweep(now, limit)
      for (const { id } of swept.ended) held.forget(id)
      return swept
    },
    counters: (principal) => store.counters(principal),
    create: (session, expect) => (expect === undefined ? store.create(session) : store.create(session, expect)),
    list: (query, now) => store.list(query, now),
    async close() {
      isClosed = true
      disconnect?.()
      held.forgetAll()
      await store.close()
    },
  }
  const cache: SessionCache = {
    async settled() {
      connect()
      const present = link ?? (await new Promise<InvalidationLink>((resolve) => waiting.push(resolve)))
      await present.settled()
    },
    forgetPrincipal: (principal) => held.forgetGroup(channel.groupOfPrincipal(principal)),
    size: held.size,
  }
  caches.set(cached, cache)
  return { store: cached, cache }
}
