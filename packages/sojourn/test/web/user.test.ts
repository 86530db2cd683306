// What does a session tell of its user and of itself, and what does it never tell?
import { expect, test } from 'vitest'
import { createUserCache } from '../../src/web/users.ts'
import { openShop, type ShopSession } from './support/shop.ts'

test('the record of the user is there, is asked for once a version, and a change shows at the next request', async () => {
  const asked: string[] = []
  let username = 'Anna'
  const { visitor, web } = await openShop('memory', {
    loadUser: (id) => {
      asked.push(id)
      return { username }
    },
  })
  const { visit } = visitor()
  const seen: unknown[] = []
  await visit((session) => session.login('anna'))
  for (let at = 0; at < 3; at += 1) await visit((session) => seen.push(session.user?.username))
  username = 'Anna Maria'
  await visit((session) => seen.push(session.user?.username))
  await web.refreshUser('anna')
  await visit((session) => seen.push(session.user?.username))
  expect(seen).toEqual(['Anna', 'Anna', 'Anna', 'Anna', 'Anna Maria'])
  expect(asked).toEqual(['anna', 'anna'])
})

test('a handler cannot change the record of the directory for other requests, which are given the same one', async () => {
  const { visitor, sso } = await openShop('memory')
  const data = { username: 'anna', password: 'correct-horse-battery-staple' }
  const userId = await sso.user.createUser({ data, requireSuperUser: false, autoApprove: true })
  const { visit } = visitor()
  await visit((session) => session.login(userId))
  await visit((session) => expect(() => Object.assign(Object(session.user), { username: 'eve' })).toThrow(TypeError))
  await visit((session) => expect(session.user).toMatchObject({ userId, username: 'anna' }))
})

test('the record goes with a login of the same user, and never with that of another', async () => {
  const { visitor } = await openShop('memory', { loadUser: (id) => ({ username: id }) })
  const { visit } = visitor()
  await visit((session) => session.login('anna'))
  await visit((session) => {
    session.login('anna')
    expect(session.user).toEqual({ username: 'anna' })
    session.login('bert')
    expect(session.user).toBeUndefined()
  })
  await visit((session) => {
    expect(session.user).toEqual({ username: 'bert' })
    session.logout()
    expect(session.user).toBeUndefined()
  })
})

test('that there is no record is remembered for a minute, or until the user is refreshed', async () => {
  let asked = 0
  const { visitor, web, time } = await openShop('memory', {
    loadUser: () => {
      asked += 1
      return undefined
    },
  })
  const { visit } = visitor()
  await visit((session) => session.login('anna'))
  for (let at = 0; at < 5; at += 1) await visit((session) => expect(session.user).toBeUndefined())
  expect(asked).toBe(1)
  await web.refreshUser('anna')
  for (let at = 0; at < 5; at += 1) await visit(() => undefined)
  expect(asked).toBe(2)
  time.now += 60_000
  for (let at = 0; at < 5; at += 1) await visit(() => undefined)
  expect(asked).toBe(3)
})

test('no more than 10,000 records are remembered; the one that was read longest ago goes', async () => {
  const asked: string[] = []
  const load = async (id: string) => {
    asked.push(id)
    return { id }
  }
  const none = async () => undefined
  const users = createUserCache({ load, keepToken: none, takeToken: none }, () => 0)
  for (let at = 0; at < 10_000; at += 1) await users.load(`u${at}`, 1)
  await users.load('u0', 2)
  await users.load('one more', 1)
  asked.length = 0
  for (const [id, version] of [['u0', 2] as const, ['u2', 1] as const, ['u1', 1] as const]) await users.load(id, version)
  expect(asked).toEqual(['u1'])
})

test('a session carries where it came from and how its user logged in', async () => {
  const { web, sso } = await openShop()
  const request = new Request('https://shop.example/', { headers: { 'user-agent': 'x'.repeat(2000) } })
  const session = await web.load(request, { remoteAddr: '192.0.2.7' })
  session.login('anna', { methods: ['pwd', 'otp'] })
  await web.commit(session, new Response())
  const [info] = (await sso.sessions.list({ principal: 'anna' })).items
  expect(info).toMatchObject({
    id: session.id,
    sliding: true,
    details: { remoteAddr: '192.0.2.7', userAgent: 'x'.repeat(512), authType: 'default', methods: ['pwd', 'otp'] },
  })
})

test('a token in the name of a program is kept without its secret', async () => {
  const { web, sso } = await openShop()
  const { token } = await sso.sessions.start({ principal: 'anna' })
  const session = await web.load(new Request('https://shop.example/', { headers: { 'user-agent': `agent of ${token}` } }))
  session.set('language', 'en')
  await web.commit(session, new Response())
  const [info] = (await sso.sessions.list({ principal: null })).items
  expect(info?.details.userAgent).toBe(`agent of ${token.slice(0, token.indexOf('.'))}`)
})

test('a session tells how and when its user logged in, and never one user what another did', async () => {
  const { visitor, time } = await openShop()
  const { visit } = visitor()
  const seen: unknown[] = []
  const look = (session: ShopSession) => seen.push([session.methods, session.authenticatedAt])
  const loggedInAt = time.now
  await visit((session) => {
    look(session)
    session.login('anna', { methods: ['pwd', 'otp'] })
    look(session)
  })
  time.now += 60_000
  await visit(look)
  await visit((session) => session.reset())
  await visit(look)
  await visit((session) => {
    session.login('bert')
    look(session)
    session.logout()
    look(session)
  })
  await visit(look)
  const anna = [['pwd', 'otp'], loggedInAt]
  const nobody = [[], undefined]
  expect(seen).toEqual([nobody, nobody, anna, anna, nobody, nobody, nobody])
})

test('no token, secret or key is found in what a session, its response or its events say', async () => {
  const events: unknown[] = []
  const { web, sso } = await openShop('memory', { onEvent: (event) => events.push(event) })
  const session = await web.load(new Request('https://shop.example/'))
  session.login('anna')
  const response = await web.commit(session, new Response())
  const token = response.headers.getSetCookie()[0]!.split(/[=;]/)[1]!
  const secret = token.split('.')[1]!
  const spoken = JSON.stringify([
    { ...session },
    session.id,
    [...session],
    events,
    await sso.sessions.list({ principal: 'anna' }),
  ])
  for (const hidden of [token, secret]) expect(spoken).not.toContain(hidden)
})
