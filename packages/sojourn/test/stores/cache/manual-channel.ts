// How does a test own the news between a store and the caches before it?
//
// Several caches stand before one memory store, as those of several processes would. What one of them writes becomes news for all; each
// piece is delivered, or lost, when the test says so. Answers of the store can be held back.
import type { SessionStore } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import type { CacheOptions } from '../../../src/engine/cache/cache-options.ts'
import { GROUPS, type InvalidationListener } from '../../../src/engine/cache/invalidation.ts'
import { type SessionCache, withSessionCache } from '../../../src/engine/cache/session-cache.ts'

type News = (listener: InvalidationListener) => void

/** One cache before the store. */
export interface Front {
  readonly store: SessionStore
  readonly cache: SessionCache
  /** How often the store was asked for a session or a fingerprint. */
  asked(): number
  /** Holds back, once they are read, the answers to what is asked from now on. */
  hold(): void
  /** Lets the oldest go of those that are held back, or all and holds no more. */
  release(count?: number): void
  /** Delivers the oldest news, or all. */
  deliver(count?: number): void
  /** Loses the oldest news, or all, and nobody notices. */
  lose(count?: number): void
  /** Breaks the connection; the cache connects again by itself when it is allowed to. */
  cut(): void
  /** Allows or refuses connections. Allowed at first. */
  allow(isAllowed: boolean): void
  pending(): number
}

/** The same group for the same principal, and few enough that principals share some. */
const groupOf = (principal: string | null) => (principal === null ? GROUPS - 1 : principal.length % 3)

/** A memory store that fronts can be opened before. */
export function sharedStore(): { readonly plain: SessionStore; open(options?: CacheOptions): Front } {
  const plain = memoryStore().sessions
  const queues: News[][] = []

  /** Writes, and makes it news at the same instant. */
  const told = async <T>(news: News, write: () => Promise<T>): Promise<T> => {
    const done = write() // the memory store applies it before it answers
    const answer = await done
    for (const queue of queues) queue.push(news)
    return answer
  }

  return {
    plain,
    open(options = {}) {
      let listener: InvalidationListener | undefined
      let queue: News[] = []
      let [asked, isAllowed, isHeld] = [0, true, false]
      const held: (() => void)[] = []
      queues.push(queue)
      const answer = async <T>(read: () => Promise<T>): Promise<T> => {
        asked += 1
        const gate = isHeld ? new Promise<void>((resolve) => held.push(resolve)) : undefined
        const found = await read()
        await gate
        return found
      }
      const empty = () => {
        queues.splice(queues.indexOf(queue), 1)
        queue = []
        queues.push(queue)
      }
      const source: SessionStore = {
        ...plain,
        load: (id, want, now) => answer(() => plain.load(id, want, now)),
        update: (id, change, now) =>
          told(
            (to) => to.session(id),
            () => plain.update(id, change, now),
          ),
        delete: (id, now, until) =>
          told(
            (to) => to.session(id),
            () => plain.delete(id, now, until),
          ),
        revoke: (scope, now) =>
          told(
            (to) => (typeof scope === 'string' ? to.everything() : to.group(groupOf(scope.principal.id))),
            () => plain.revoke(scope, now),
          ),
        bump: (principal) =>
          told(
            (to) => to.group(groupOf(principal.id)),
            () => plain.bump(principal),
          ),
      }
      const { store, cache } = withSessionCache(
        {
          store: source,
          channel: {
            groupOfSession: (_, principal) => groupOf(principal),
            groupOfPrincipal: ({ id }) => groupOf(id),
            async connect(given) {
              if (!isAllowed) throw new Error('refused')
              empty()
              listener = given
              return { settled: async () => undefined, close: () => undefined }
            },
          },
          fingerprint: (id) =>
            answer(async () => {
              const session = await plain.load(id, 'all', 0) // before every end, so only what is stored counts
              return session === undefined || session === 'ended' ? undefined : JSON.stringify(session, asEntries)
            }),
        },
        options,
      )
      return {
        store,
        cache,
        asked: () => asked,
        hold() {
          isHeld = true
        },
        release(count = held.length) {
          for (const resolve of held.splice(0, count)) resolve()
          isHeld = held.length > 0
        },
        deliver(count = queue.length) {
          for (const news of queue.splice(0, count)) if (listener !== undefined) news(listener)
        },
        lose(count = queue.length) {
          queue.splice(0, count)
        },
        cut() {
          const broken = listener
          listener = undefined
          broken?.broken(new Error('cut'))
        },
        allow(allowed) {
          isAllowed = allowed
        },
        pending: () => queue.length,
      }
    },
  }
}

const asEntries = (_: string, value: unknown) => (value instanceof Map ? [...value] : value)
