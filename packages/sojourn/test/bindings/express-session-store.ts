// With what do the tests of the store for the express-session package work: its calls as promises, and cookies by its clock?
import type { SessionData } from 'express-session'
import { SojournStore } from 'sojourn/express-session'
import { openHost, type StoreName } from '../web/support/host.ts'

/** The store's calls as promises. */
export function promised(store: SojournStore) {
  const call =
    (name: 'get' | 'set' | 'touch' | 'destroy' | 'all' | 'length' | 'clear') =>
    (...args: unknown[]) =>
      new Promise<unknown>((resolve, reject) => {
        const done = (error: unknown, value: unknown) => (error ? reject(error) : resolve(value))
        Reflect.apply(store[name], store, [...args, done])
      })
  return {
    get: call('get'),
    set: call('set'),
    touch: call('touch'),
    destroy: call('destroy'),
    all: call('all') as () => Promise<SessionData[]>,
    length: call('length'),
    clear: call('clear'),
  }
}

/** Opens it on a store of sessions. */
export async function openStore(on: StoreName = 'memory', options: { prefix?: string } = {}) {
  const host = await openHost({ on })
  const store = promised(new SojournStore(host.sso, options))
  const cookie = (seconds: number) => ({ originalMaxAge: seconds * 1000, expires: new Date(host.time.now + seconds * 1000) })
  return { ...host, store, cookie }
}
