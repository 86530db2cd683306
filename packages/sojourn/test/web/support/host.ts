// With what do the tests of the web face work: an open Sojourn over a counted store, and a time of their own?
import { randomBytes } from 'node:crypto'
import { createSojourn, type SessionStore, type SojournOptions } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { sqliteStore } from 'sojourn/sqlite'

/** The stores that everything is shown on. */
export const STORES = {
  memory: () => memoryStore(),
  sqlite: () => sqliteStore(':memory:'),
}

export type StoreName = keyof typeof STORES

/** Notes each call of a store, fails those it is told to, and does what it is told to just before others. */
export function watched(store: SessionStore) {
  const calls: string[] = []
  const faults = new Map<string, unknown>()
  const before = new Map<string, () => Promise<unknown>>()
  const watch = new Proxy(store, {
    get(target, name, receiver) {
      const own: unknown = Reflect.get(target, name, receiver)
      if (typeof own !== 'function' || typeof name !== 'string') return own
      return (...args: unknown[]) => {
        calls.push(name)
        if (faults.has(name)) return Promise.reject(faults.get(name))
        const first = before.get(name)
        return first === undefined ? own.apply(target, args) : first().then(() => own.apply(target, args))
      }
    },
  })
  return { store: watch, calls, faults, before }
}

/** Opens Sojourn with a time that stands still until it is moved. */
export async function openHost(options: Partial<SojournOptions> & { on?: StoreName } = {}) {
  const { on = 'memory', ...rest } = options
  const time = { now: Date.UTC(2026, 0, 1) }
  const stores = STORES[on]()
  const { store, calls, faults, before } = watched(stores.sessions)
  const sso = await createSojourn({
    store: { sessions: store, directory: stores.directory },
    keys: [randomBytes(32).toString('base64url')],
    clock: () => time.now,
    sweepInterval: 0,
    ...rest,
  })
  return { sso, time, calls, faults, before, directory: stores.directory }
}
