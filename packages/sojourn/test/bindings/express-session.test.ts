// Does the store for the express-session package do what that package expects, and is it a part of Sojourn?
import { SojournStore } from 'sojourn/express-session'
import { webSessions } from 'sojourn/web'
import { describe, expect, test } from 'vitest'
import { openHost, type StoreName } from '../web/support/host.ts'
import { openStore, promised } from './express-session-store.ts'

describe.each<StoreName>(['memory', 'sqlite'])('on %s', (on) => {
  test('answers what it was given, after JSON', async () => {
    const { store, cookie } = await openStore(on)
    const session = {
      cookie: cookie(60),
      cart: ['tea'],
      when: new Date(0),
      skipped: undefined,
      $odd: 1,
      '': 2,
      ['x'.repeat(300)]: 3,
      'a\nb': 4,
    }
    await store.set('sid', session)
    expect(await store.get('sid')).toEqual(JSON.parse(JSON.stringify(session)))
    await store.set('sid', { cart: [] })
    expect(await store.get('sid')).toEqual({ cart: [] })
  })

  test('knows no other sid', async () => {
    const { store } = await openStore(on)
    await store.set('sid', { a: 1 })
    expect([await store.get('sid2'), await store.get(''), await store.get('__proto__')]).toEqual([null, null, null])
  })

  test('ends with the cookie, to the millisecond', async () => {
    const { store, time, cookie } = await openStore(on)
    await store.set('sid', { cookie: cookie(1.5) })
    time.now += 1499
    expect(await store.get('sid')).not.toBeNull()
    time.now += 1
    expect(await store.get('sid')).toBeNull()
    expect(await store.length()).toBe(0)
  })

  test('a session that has expired can be set again before it is swept', async () => {
    const { store, time, cookie } = await openStore(on)
    await store.set('sid', { cookie: cookie(1), a: 1, old: true })
    time.now += 1000
    await store.set('sid', { cookie: cookie(60), a: 2 })
    expect(await store.get('sid')).toEqual({ cookie: JSON.parse(JSON.stringify(cookie(60))), a: 2 })
    expect(await store.length()).toBe(1)
  })

  test('one object can be set under several sids, and again once it has expired', async () => {
    const { store, time, cookie } = await openStore(on)
    const session = { cookie: cookie(1), a: 1 }
    await store.set('one', session)
    await store.set('two', session)
    expect([await store.length(), await store.get('two')]).toEqual([2, JSON.parse(JSON.stringify(session))])
    const read = await store.get('one')
    await store.set('one', read)
    await store.set('three', read)
    expect([await store.length(), await store.get('three')]).toEqual([3, read])
    time.now += 1000
    session.cookie = cookie(1)
    await store.set('one', session)
    expect([await store.length(), await store.get('one')]).toEqual([1, JSON.parse(JSON.stringify(session))])
  })

  test('ends with a cookie whose end is a number', async () => {
    const { store, time } = await openStore(on)
    await store.set('sid', { cookie: { expires: time.now + 1000 } })
    await store.set('no end', { cookie: { expires: 0 } })
    await store.set('past', { cookie: { expires: time.now } })
    expect(await store.length()).toBe(2)
    time.now += 1000
    expect([await store.get('sid'), await store.get('no end')]).toEqual([null, { cookie: { expires: 0 } }])
  })

  test('touch moves the end, and the cookie with it', async () => {
    const { store, time, cookie, calls } = await openStore(on)
    await store.set('sid', { cookie: cookie(10), a: 1 })
    calls.length = 0
    for (let at = 0; at < 3; at += 1) {
      time.now += 9000
      await store.touch('sid', { cookie: cookie(10), a: 'not saved' })
    }
    expect(calls).toEqual(['update', 'update', 'update'])
    expect(await store.get('sid')).toEqual({ cookie: JSON.parse(JSON.stringify(cookie(10))), a: 1 })
    await expect(store.touch('unknown', { cookie: cookie(10) })).resolves.toBeUndefined()
    expect(await store.length()).toBe(1)
    await store.touch('sid', {})
    time.now += 10_000
    expect(await store.get('sid')).toEqual({ a: 1 })
    await store.touch('sid', { cookie: cookie(0.001) })
    time.now += 1
    expect(await store.get('sid')).toBeNull()
  })

  test('a destroyed sid stays so until it would have expired', async () => {
    const { store, time, cookie } = await openStore(on)
    await store.set('sid', { cookie: cookie(600), a: 1 })
    await store.destroy('sid')
    for (const waited of [0, 599_999]) {
      time.now += waited
      await store.set('sid', { cookie: cookie(60), a: 2 })
      await store.touch('sid', { cookie: cookie(60) })
      expect(await store.get('sid')).toBeNull()
    }
    time.now += 1
    await store.set('sid', { cookie: cookie(60), a: 3 })
    expect(await store.get('sid')).toMatchObject({ a: 3 })
    await store.destroy('never stored')
    await store.set('never stored', { a: 1 })
    expect(await store.get('never stored')).toBeNull()
  })

  test('all, length and clear reach the sessions of this store alone', async () => {
    const { sso, store, cookie } = await openStore(on)
    const other = promised(new SojournStore(sso, { prefix: 'other' }))
    await sso.sessions.start({ principal: null })
    for (let at = 0; at < 30; at += 1) await store.set(`sid${at}`, { cookie: cookie(60), at })
    await other.set('sid0', { at: 'other' })
    expect((await store.all()).map((session) => Reflect.get(session, 'at')).sort()).toEqual(
      Array.from({ length: 30 }, (_, at) => at).sort(),
    )
    expect([await store.length(), await other.length()]).toEqual([30, 1])
    await store.clear()
    await store.set('sid0', { at: 'again' })
    expect([await store.length(), await other.length(), await store.get('sid0')]).toEqual([0, 1, null])
    expect(await other.get('sid0')).toEqual({ at: 'other' })
  })

  test('its sessions are guests: listed, ended by id, killed with guests, and told when destroyed', async () => {
    const { sso, store } = await openStore(on)
    const ended: string[] = []
    sso.on('session.ended', ({ reason }) => ended.push(reason))
    await store.set('one', { a: 1 })
    await store.set('two', { a: 2 })
    const { items } = await sso.sessions.list({ principal: null })
    expect(items).toHaveLength(2)
    await store.set('zero', {})
    await sso.sessions.end(
      (await sso.sessions.list({ principal: null })).items.find(({ id }) => !items.some((item) => item.id === id))!.id,
    )
    expect([await store.length(), await store.get('zero')]).toEqual([2, null])
    await webSessions(sso).killSessionsByUser('__guest__')
    expect([await store.get('one'), await store.get('two')]).toEqual([null, null])
    await store.set('one', { a: 'a request that was still running' })
    await store.set('two', { a: 'a request that was still running' })
    expect([await store.get('one'), await store.get('two')]).toEqual([null, null])
    await store.set('three', {})
    await store.destroy('three')
    expect(ended).toEqual(['deleted', 'deleted'])
  })
})

test('a session that begins is told, once', async () => {
  const { sso, store } = await openStore()
  const told: unknown[] = []
  sso.on('session.started', ({ principal }) => told.push(principal))
  await store.set('sid', { a: 1 })
  await store.set('sid', { a: 2 })
  expect(told).toEqual([null])
})

test('a session made of data of its own is stored; one made of what was read is not, once that is ended', async () => {
  const { sso, store, cookie } = await openStore()
  const owner = new SojournStore(sso)
  const save = (data: unknown) =>
    new Promise((resolve) => {
      const request = { sessionID: 'sid', sessionStore: owner }
      Reflect.apply(owner.createSession, owner, [request, data]).save(resolve)
    })
  await save({ cookie: cookie(60), a: 1 })
  const read = await promised(owner).get('sid')
  expect(read).toMatchObject({ a: 1 })
  for (const { id } of (await sso.sessions.list({ principal: null })).items) await sso.sessions.end(id)
  await save(read)
  expect(await store.get('sid')).toBeNull()
})

test('what begins or ends a session is no refused token', async () => {
  const { sso, store } = await openStore()
  const refused: unknown[] = []
  sso.on('session.refused', (event) => refused.push(event))
  await store.set('sid', { a: 1 })
  await store.set('sid', { a: 2 })
  await store.destroy('sid')
  await store.set('sid', { a: 3 })
  await store.destroy('never stored')
  expect(refused).toEqual([])
  await store.get('sid')
  expect(refused).toMatchObject([{ reason: 'ended' }])
})

test('an outage is an error, not a missing session', async () => {
  const { store, faults } = await openStore()
  await store.set('sid', { a: 1 })
  faults.set('load', new Error('away'))
  await expect(store.get('sid')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  faults.clear()
  expect(await store.get('sid')).toEqual({ a: 1 })
})

test('what is too large is refused, and what was there stays', async () => {
  const { store } = await openStore()
  await store.set('sid', { a: 1 })
  await expect(store.set('sid', { a: 'x'.repeat(300_000) })).rejects.toMatchObject({ code: 'ERR_VALUE_TOO_LARGE' })
  expect(await store.get('sid')).toEqual({ a: 1 })
})

test('a session is refused that holds more than one may, whether it is new or not', async () => {
  const { store } = await openStore()
  const many = Object.fromEntries(Array.from({ length: 2001 }, (_, at) => [`entry${at}`, at]))
  const large = Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`entry${at}`, 'x'.repeat(250_000)]))
  await store.set('old', { a: 1 })
  for (const session of [many, large]) {
    for (const sid of ['new', 'old']) {
      await expect(store.set(sid, session)).rejects.toMatchObject({
        code: 'ERR_VALUE_TOO_LARGE',
        message: /^There would be more than/,
      })
    }
  }
  expect([await store.get('new'), await store.get('old')]).toEqual([null, { a: 1 }])
  const most = { ...Object.fromEntries(Object.entries(many).slice(1)), cookie: { path: '/' } }
  for (const sid of ['new', 'old']) {
    await store.set(sid, most)
    expect(await store.get(sid)).toEqual(most)
  }
})

test('options that are not known are refused', async () => {
  const { sso } = await openHost()
  expect(() => new SojournStore({})).toThrowError(/`sso`/)
  expect(() => new SojournStore(sso, { ttl: 1 } as object)).toThrowError(/`ttl`/)
})
