// Does a login stop that rests on something which is not true any more?
import { randomUUID } from 'node:crypto'
import { webSessions } from 'sojourn/web'
import { describe, expect, test } from 'vitest'
import { openHost, STORES, type StoreName } from './support/host.ts'

const account = { username: 'anna', password: 'correct-horse-battery-staple' }

async function openShop(on: StoreName) {
  const host = await openHost({ on })
  const { sso } = host
  const userId = await sso.user.createUser({ data: account, requireSuperUser: false, autoApprove: true })
  const web = webSessions(sso)
  const load = () => web.load(new Request('https://shop.example/'))
  const { ust } = await sso.user.login(account)
  return { ...host, web, userId, ust, load }
}

describe.each(Object.keys(STORES) as StoreName[])('on %s', (on) => {
  test('a proof that holds logs in, tells how and when, and is spent', async () => {
    const { web, sso, userId, ust, load, time } = await openShop(on)
    const authenticatedAt = time.now
    time.now += 5000
    const session = await load()
    session.login(userId, { proof: ust })
    await web.commit(session, new Response())
    const { items } = await sso.sessions.list({ principal: userId })
    expect(items.map(({ id }) => id)).toEqual([session.id])
    expect(items[0]?.details).toMatchObject({ authType: 'default', methods: ['pwd'], authenticatedAt })
    const again = await load()
    again.login(userId, { proof: ust })
    await expect(web.commit(again, new Response())).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_INVALID' })
  })

  test('a proof that cannot be ended is no reason to refuse a login that was saved', async () => {
    const { web, userId, ust, load, faults } = await openShop(on)
    const session = await load()
    session.login(userId, { proof: ust })
    faults.set('delete', new Error('away'))
    const [line] = (await web.commit(session, new Response())).headers.getSetCookie()
    const headers = { cookie: line?.split(';')[0] ?? '' }
    expect((await web.load(new Request('https://shop.example/', { headers }))).userId).toBe(userId)
  })

  test('what ends all sessions of the user after the check of the password ends the login too', async () => {
    const { web, sso, userId, ust, load } = await openShop(on)
    const session = await load()
    session.login(userId, { proof: ust })
    await web.killSessionsByUser(userId)
    await expect(web.commit(session, new Response())).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_INVALID' })
    expect((await sso.sessions.list({ principal: userId })).items).toEqual([])
  })

  test('a change between the look at the proof and the new session is found by the store', async () => {
    const { web, sso, userId, ust, load, before } = await openShop(on)
    const session = await load()
    session.login(userId, { proof: ust })
    before.set('create', () => web.killSessionsByUser(userId))
    await expect(web.commit(session, new Response())).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_INVALID' })
    expect((await sso.sessions.list({ principal: userId })).items).toEqual([])
  })

  test('a reset after the login leaves the proof as it is, and only narrows what survives', async () => {
    const { web, sso, userId, ust, load } = await openShop(on)
    const start = await load()
    start.set('language', 'de')
    const cookie = (await web.commit(start, new Response())).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const session = await web.load(new Request('https://shop.example/', { headers: { cookie } }))
    session.login(userId, { proof: ust })
    session.reset()
    await web.commit(session, new Response())
    expect([session.userId, session.get('language')]).toEqual([userId, undefined])
    expect((await sso.sessions.list({ principal: userId })).items.map(({ details }) => details.methods)).toEqual([['pwd']])
    const again = await load()
    again.login(userId, { proof: ust })
    again.reset()
    await expect(web.commit(again, new Response())).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_INVALID' })
  })

  test('a reset after the login of a visitor without a session leaves the login in force', async () => {
    const { web, sso, userId, load } = await openShop(on)
    const session = await load()
    session.login(userId)
    session.reset()
    expect((await web.commit(session, new Response())).headers.getSetCookie()).toHaveLength(1)
    expect((await sso.sessions.list({ principal: userId })).items.map(({ id }) => id)).toContain(session.id)
  })

  test("another user's session, a guest's and garbage prove nothing, and leave the old session as it is", async () => {
    const { web, sso, userId, ust, load } = await openShop(on)
    const guest = await sso.sessions.start({ principal: null })
    for (const [who, proof] of [
      [randomUUID(), ust],
      [userId, guest.token],
      [userId, 'garbage'],
    ] as const) {
      const session = await load()
      session.login(who, { proof })
      await expect(web.commit(session, new Response())).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_INVALID' })
    }
    expect((await sso.sessions.list({ principal: userId })).items).toHaveLength(1)
  })

  test("counters that were read before the check stop a login of one's own users", async () => {
    const { web, load } = await openShop(on)
    const login = async (between: () => Promise<void>) => {
      const expected = await web.counters('mine')
      await between()
      const session = await load()
      session.login('mine', { expect: expected })
      await web.commit(session, new Response())
      return session.userId
    }
    expect(await login(async () => undefined)).toBe('mine')
    await expect(login(() => web.killSessionsByUser('mine'))).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_INVALID' })
    expect(await login(async () => undefined)).toBe('mine')
  })
})

test('options of a login that say nothing, two things, or what nobody could ask for later, are refused', async () => {
  const { load, ust } = await openShop('memory')
  const session = await load()
  for (const options of [
    { proof: 7 },
    { expect: {} },
    { expect: { generation: '0', version: 0 } },
    { proof: ust, expect: { generation: 0, version: 0 } },
    { password: 'x' },
    { methods: 'pwd' },
    { methods: ['pwd', 2] },
    { methods: null },
    { authType: 7 },
  ]) {
    expect(() => session.login('anna', options as never)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
  }
  expect(session.userId).toBeNull()
})
