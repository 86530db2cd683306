// In which order do calls on the store for the express-session package take effect, also where nobody waits for their answers?
import { SojournStore } from 'sojourn/express-session'
import { describe, expect, test } from 'vitest'
import type { StoreName } from '../web/support/host.ts'
import { openStore, promised } from './express-session-store.ts'

/** Has what else is on its way overtake. */
async function waitLong(): Promise<void> {
  for (let turns = 5; turns > 0; turns -= 1) await new Promise((resolve) => setImmediate(resolve))
}

describe.each<StoreName>(['memory', 'sqlite'])('on %s', (on) => {
  test('of saves that overlap one is there whole, whichever process made them', async () => {
    const { sso, store, cookie } = await openStore(on)
    const elsewhere = promised(new SojournStore(sso))
    const [first, second] = [
      { cookie: cookie(60), user: 'anna', role: 'member', cart: [] },
      { cookie: cookie(60), user: 'otto', role: 'admin', tab: 2 },
    ]
    for (const other of [store, elsewhere]) {
      await store.set('sid', { cookie: cookie(60), user: 'anna', role: 'admin' })
      await Promise.all([store.set('sid', first), other.set('sid', second)])
      expect([first, second].map((session) => JSON.parse(JSON.stringify(session)))).toContainEqual(await store.get('sid'))
    }
  })

  test('of saves by one process the later call wins, with the session as it was then', async () => {
    const { store } = await openStore(on)
    const session = { at: 0 }
    const saves = [1, 2, 3].map((at) => store.set('sid', Object.assign(session, { at, [`only${at}`]: true })))
    session.at = 4
    await Promise.all(saves)
    expect(await store.get('sid')).toEqual({ at: 3, only1: true, only2: true, only3: true })
    await Promise.all([store.set('sid', { at: 5 }), store.set('sid', { at: 6, b: 1 }), store.set('sid', { at: 7 })])
    expect(await store.get('sid')).toEqual({ at: 7 })
  })

  test('a call sees what was called before it, also where nobody waited', async () => {
    const { store, time, cookie } = await openStore(on)
    void store.set('sid', { a: 1 })
    expect(await store.get('sid')).toEqual({ a: 1 })
    void store.set('sid', { cookie: cookie(60), a: 2 })
    await store.touch('sid', { cookie: cookie(90) })
    expect(await store.get('sid')).toEqual({ cookie: JSON.parse(JSON.stringify(cookie(90))), a: 2 })
    void store.set('other', {})
    expect([await store.length(), await store.all()]).toEqual([2, [{ cookie: expect.anything(), a: 2 }, {}]])
    void store.set('third', { cookie: cookie(60) })
    void store.destroy('third')
    expect(await store.get('third')).toBeNull()
    void store.set('fourth', { cookie: cookie(60) })
    await store.clear()
    expect(await store.length()).toBe(0)
    // Both had a minute to live, which is longer than what is kept of a sid that was never stored.
    time.now += 59_000
    for (const sid of ['third', 'fourth']) await store.set(sid, { a: 'a request that was still running' })
    expect(await store.length()).toBe(0)
  })

  test('of concurrent saves of one sid none fails', async () => {
    const { store } = await openStore(on)
    await Promise.all(Array.from({ length: 50 }, (_, at) => store.set('sid', { at })))
    expect(await store.get('sid')).toEqual({ at: expect.any(Number) })
    await Promise.all([...Array.from({ length: 50 }, (_, at) => store.set('sid', { at })), store.destroy('sid')])
    expect(await store.get('sid')).toBeNull()
  })
})

test('of saves by one process the later call wins also where the store is slow with the first', async () => {
  const { store, before } = await openStore()
  let reads = 0
  before.set('load', async () => {
    reads += 1
    if (reads === 1) await waitLong()
  })
  await Promise.all([store.set('sid', { at: 1 }), store.set('sid', { at: 2 })])
  expect(await store.get('sid')).toEqual({ at: 2 })
})

test('what is set after everything was cleared stays, also where the store is slow to clear', async () => {
  const { store, before } = await openStore()
  await store.set('old', { at: 1 })
  before.set('list', waitLong)
  const calls = [store.clear(), store.set('new', { at: 2 })]
  expect([await store.get('old'), await store.get('new')]).toEqual([null, { at: 2 }])
  await Promise.all(calls)
  await store.set('new', { at: 3 })
  expect(await store.get('new')).toEqual({ at: 3 })
})

test('a clear that fails in part has ended the others by the time it says so, and ends many at a time', async () => {
  const { store, before } = await openStore()
  for (let at = 0; at < 30; at += 1) await store.set(`sid${at}`, { at })
  let [begun, most] = [0, 0]
  before.set('delete', async () => {
    begun += 1
    if (begun === 1) throw new Error('away')
    await waitLong()
    most = Math.max(most, begun)
    begun -= 1
  })
  await expect(store.clear()).rejects.toThrow('The store failed.')
  expect(await store.length()).toBe(1)
  expect(most).toBeGreaterThan(10)
  before.clear()
  await store.clear()
  expect(await store.length()).toBe(0)
})

test('what is set after a touch stays, also where the store is slow to touch', async () => {
  const { store, before, time, cookie } = await openStore()
  await store.set('sid', { cookie: cookie(60), at: 1 })
  let writes = 0
  before.set('update', async () => {
    writes += 1
    if (writes === 1) await waitLong()
  })
  await Promise.all([store.touch('sid', { cookie: cookie(10) }), store.set('sid', { cookie: cookie(100), at: 2 })])
  time.now += 50_000
  expect(await store.get('sid')).toMatchObject({ at: 2 })
})
