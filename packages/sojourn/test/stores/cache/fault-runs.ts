// What does a cache answer while the way by which the news come is cut, silent or slow, and after it is there again?
import type { SessionChange, SessionStore } from 'sojourn'
import type { CacheOptions, CacheStatus } from 'sojourn/postgres'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { attributes, bytes, HOUR, NOW, newSession, principal, SECOND } from '../../../src/testing/sessions/builders.ts'
import { alive, valuesOf } from '../../../src/testing/sessions/chapter.ts'
import { type FaultProxy, faultProxy } from '../../support/fault-proxy.ts'
import { cacheOf } from './settling.ts'

/** A store with a cache whose news come through a proxy, and all else directly. */
interface Setting {
  readonly store: SessionStore
  close(): Promise<void>
}

/** How long it may take to notice; a connection of the shortest interval is looked after once a second. */
const PATIENCE = { timeout: 10_000 }

/** @param open opens a cache whose news come through that port. */
export function tryFaults(
  open: (port: number, cache: CacheOptions) => Promise<Setting>,
  other: () => SessionStore,
  server: () => { readonly port: number },
): void {
  let proxy: FaultProxy
  let setting: Setting
  let told: CacheStatus[]
  beforeEach(async () => {
    told = []
    proxy = await faultProxy(server().port)
  })
  const start = async (maxAge: number, strict = false) => {
    setting = await open(proxy.port, { maxAge, strict, onStatus: (status) => told.push(status) })
    await cacheOf(setting.store).settled()
  }
  afterEach(async () => {
    proxy.fault({})
    await setting.close()
    await proxy.close()
  })

  const isConnected = () => told.at(-1)?.connected === true

  /** A session that the cache holds, if it is connected. */
  async function held(): Promise<string> {
    const session = newSession(principal(), { attributes: attributes({ v: '0' }) })
    await other().create(session)
    if (isConnected()) await cacheOf(setting.store).settled() // a creation is news as well
    await alive(setting.store, session.id, NOW)
    return session.id
  }

  it('empties it when the connection breaks, and finds all anew when there is one again', async () => {
    await start(5)
    const ids = [await held(), await held()]
    expect(cacheOf(setting.store).size()).toBe(2)
    proxy.reset()
    await vi.waitUntil(() => !isConnected(), { timeout: 4000 }) // sooner than it is looked after
    expect(cacheOf(setting.store).size()).toBe(0)
    await other().delete(ids[0]!, NOW)
    expect(await setting.store.load(ids[0]!, 'all', NOW)).toBeUndefined()
    await vi.waitUntil(() => isConnected(), PATIENCE)
    expect(cacheOf(setting.store).size()).toBe(0)
    await alive(setting.store, ids[1]!, NOW)
    expect(cacheOf(setting.store).size()).toBe(1)
    await other().update(ids[1]!, { attributes: [{ name: 'v', when: 'always', value: '1' }] }, NOW)
    await cacheOf(setting.store).settled()
    expect(await valuesOf(setting.store, ids[1]!, NOW)).toEqual({ v: '1' })
  })

  it('is never older than its bound while the news are held back, and notices', async () => {
    await start(1)
    const id = await held()
    proxy.fault({ drops: 'half-open' })
    await other().delete(id, NOW)
    const answer = await setting.store.load(id, 'header', NOW + SECOND - 1)
    expect(typeof answer).toBe(isConnected() ? 'object' : 'undefined')
    expect(await setting.store.load(id, 'header', NOW + SECOND)).toBeUndefined()
    await vi.waitUntil(() => !isConnected(), PATIENCE)
    expect(cacheOf(setting.store).size()).toBe(0)
    proxy.fault({})
    proxy.reset()
    await vi.waitUntil(() => isConnected(), PATIENCE)
  })

  it('strictly sees at once what others did, though the news are held back', async () => {
    await start(60, true)
    const id = await held()
    proxy.fault({ drops: 'half-open' })
    const others: Record<string, SessionChange> = {
      attribute: { attributes: [{ name: 'v', when: 'always', value: '1' }] },
      sealed: { attributes: [{ name: 'v', when: 'always', value: bytes(3) }] },
      deadline: { header: { expiresAt: NOW + 2 * HOUR } },
      secret: { header: { secretHash: newSession(null).secretHash } },
      details: { header: { details: { ...newSession(null).details, app: 'other' } } },
    }
    for (const [name, change] of Object.entries(others)) {
      await other().update(id, change, NOW)
      expect(await alive(setting.store, id, NOW), name).toEqual(await alive(other(), id, NOW))
      expect(cacheOf(setting.store).size()).toBe(isConnected() ? 1 : 0)
    }
    await other().revoke('all', NOW)
    expect(await setting.store.load(id, 'all', NOW)).toBeUndefined()
  })

  it('answers from the store while the connection cannot be had', async () => {
    await start(1)
    proxy.refuse()
    proxy.reset()
    await vi.waitUntil(() => !isConnected(), PATIENCE)
    const id = await held()
    expect(cacheOf(setting.store).size()).toBe(0)
    await other().delete(id, NOW)
    expect(await setting.store.load(id, 'all', NOW)).toBeUndefined()
    await proxy.accept()
    await vi.waitUntil(() => isConnected(), PATIENCE)
  })
}
