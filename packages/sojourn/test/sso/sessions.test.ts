// What do the session verbs answer, and how do sessions live?
import { describe, expect, test } from 'vitest'
import { open, PASSWORD } from './support/open.ts'

const ENDED = { code: 'ERR_SESSION_ENDED', subStatus: ['E007001'] }
const DAY = 86_400

describe('login and get', () => {
  test('answer instants in milliseconds, an hour apart, and exactly four facts in the dictionary', async () => {
    const { sso, ada, clock } = await open()
    const call = { username: 'ADA', password: PASSWORD, remoteAddr: '192.0.2.1', userAgent: 'Firefox 139.0' }
    const result = await sso.user.login(call)
    expect(result).toEqual({
      ust: expect.stringMatching(/^sjn_/),
      userId: ada.userId,
      username: 'ada',
      creationTime: clock.now(),
      expirationTime: clock.now() + 3_600_000,
      warnings: [],
    })
    const session = await sso.user.session.get({ targetUst: result.ust, currentUst: result.ust })
    expect(session.toDict()).toEqual({
      creation_time: clock.now(),
      expiration_time: clock.now() + 3_600_000,
      remote_addr: '192.0.2.1',
      user_agent: 'Firefox 139.0',
    })
    expect(session).toMatchObject({ userId: ada.userId, username: 'ada', remoteAddr: '192.0.2.1' })
  })

  test('a session ends an hour after login, to the millisecond', async () => {
    const { sso, ada, clock } = await open()
    clock.advance(3599.999)
    await sso.user.session.getCurrentSession({ currentUst: ada.ust })
    clock.advance(0.001)
    await expect(sso.user.session.getCurrentSession({ currentUst: ada.ust })).rejects.toMatchObject(ENDED)
  })

  test('session.expiry sets it, in seconds', async () => {
    const { sso, clock } = await open({ session: { expiry: 60 } })
    const { expirationTime } = await sso.user.login({ username: 'ada', password: PASSWORD })
    expect(expirationTime).toBe(clock.now() + 60_000)
  })

  test('a guest session is nobody’s: no caller, and shown to super-users only', async () => {
    const { sso, ada, root } = await open()
    const { session, token } = await sso.sessions.start({ principal: null })
    await expect(sso.user.session.getCurrentSession({ currentUst: token })).rejects.toMatchObject(ENDED)
    const guest = { id: session.id }
    await expect(sso.user.session.get({ currentUst: ada.ust, ...guest })).rejects.toMatchObject({ code: 'ERR_ACCESS_DENIED' })
    expect(await sso.user.session.get({ currentUst: root.ust, ...guest })).toMatchObject({ userId: null, username: null })
    expect(await sso.user.session.verify({ currentUst: root.ust, targetUst: token })).toBe(false)
  })
})

describe('verify', () => {
  test('is false for whatever is wrong with the target, and never extends it', async () => {
    const { sso, ada, root, clock, tamper, watched } = await open()
    const verify = (targetUst: string) => sso.user.session.verify({ currentUst: root.ust, targetUst })
    const { id, expirationTime } = await sso.user.session.getCurrentSession({ currentUst: ada.ust })
    clock.advance(60)
    expect(await verify(ada.ust)).toBe(true)
    expect((await sso.user.session.get({ currentUst: root.ust, id })).expirationTime).toBe(expirationTime)
    for (const target of ['x', `${ada.ust}x`, `${root.ust.split('.')[0]}.${ada.ust.split('.')[1]}`])
      expect(await verify(target)).toBe(false)
    for (const change of [{ isLocked: true }, { isLocked: false, passwordExpiry: 1 }]) {
      await tamper(ada.userId, change)
      await watched.store.sessions.bump({ id: ada.userId, tag: '' })
      expect(await verify(ada.ust)).toBe(false)
    }
    await expect(verify('')).rejects.toMatchObject(ENDED)
  })

  test('throws what is wrong with the caller, and outages', async () => {
    const { sso, ada, root, watched } = await open()
    await expect(sso.user.session.verify({ currentUst: 'x', targetUst: ada.ust })).rejects.toMatchObject(ENDED)
    let loads = 0
    watched.before('sessions.load', () => {
      loads += 1
      if (loads === 2) throw new Error('away')
    })
    const verify = sso.user.session.verify({ currentUst: root.ust, targetUst: ada.ust })
    await expect(verify).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  })
})

describe('renew', () => {
  test('lets a session live its full time from now, and W-15: never beyond its absolute deadline', async () => {
    const { sso, ada, clock } = await open()
    const start = clock.now()
    for (let hours = 1; hours <= 24; hours += 1) {
      clock.advance(3599)
      const expected = Math.min(clock.now() + 3_600_000, start + DAY * 1000)
      expect(await sso.user.session.renew({ currentUst: ada.ust })).toBe(expected)
    }
    clock.set(start + DAY * 1000)
    await expect(sso.user.session.renew({ currentUst: ada.ust })).rejects.toMatchObject(ENDED)
  })

  test('is remembered with login, the latest 100 times', async () => {
    const { sso, ada, clock } = await open({ policy: { absoluteTimeout: 100 * DAY } })
    for (let index = 0; index < 120; index += 1) {
      clock.advance(60)
      await sso.user.session.renew({ currentUst: ada.ust, remoteAddr: `192.0.2.${index}`, userAgent: 'F' })
    }
    const [session] = await sso.user.session.getList({ currentUst: ada.ust })
    const history = session?.sessionStateChangeList ?? []
    expect(history).toHaveLength(100)
    expect(history[99]).toEqual({ remoteAddr: '192.0.2.119', userAgent: 'F', timestampUtc: clock.now(), ctxSource: 'renew' })
    expect(history[0]?.remoteAddr).toBe('192.0.2.20')
  })

  test('parallel renewals lose no entry', async () => {
    const { sso, ada } = await open()
    await Promise.all(Array.from({ length: 50 }, () => sso.user.session.renew({ currentUst: ada.ust })))
    const [session] = await sso.user.session.getList({ currentUst: ada.ust })
    expect(session?.sessionStateChangeList.map(({ ctxSource }) => ctxSource)).toEqual(['login', ...Array(50).fill('renew')])
  })
})

describe('requireLogin', () => {
  const REQUIRED = { code: 'ERR_LOGIN_REQUIRED', status: 401, subStatus: ['E005001'] }

  test('lets pass who logged in lately enough, to the second; a renewal is no login', async () => {
    const { sso, ada, clock } = await open()
    const call = { currentUst: ada.ust, within: 300 }
    clock.advance(300)
    expect(await sso.user.session.requireLogin(call)).toMatchObject({ userId: ada.userId, isSuperUser: false })
    clock.advance(0.001)
    await expect(sso.user.session.requireLogin(call)).rejects.toMatchObject(REQUIRED)
    await sso.user.session.renew({ currentUst: ada.ust })
    await expect(sso.user.session.requireLogin(call)).rejects.toMatchObject(REQUIRED)
    const { ust } = await sso.user.login({ username: 'ada', password: PASSWORD })
    await sso.user.session.requireLogin({ ...call, currentUst: ust })
  })

  test('asks for factors, all of them', async () => {
    const { sso, ada } = await open()
    await sso.user.session.requireLogin({ currentUst: ada.ust, methods: ['pwd'] })
    const call = { currentUst: ada.ust, methods: ['pwd', 'otp'] }
    await expect(sso.user.session.requireLogin(call)).rejects.toMatchObject(REQUIRED)
  })

  test.each<[object, string]>([
    [{ within: 0 }, 'within'],
    [{ within: '5' }, 'within'],
    [{ methods: 'pwd' }, 'methods'],
    [{ since: 5 }, 'since'],
  ])('refuses %j, naming %s', async (asked, field) => {
    const { sso, ada } = await open()
    const call = Object.assign({ currentUst: ada.ust }, asked)
    await expect(sso.user.session.requireLogin(call)).rejects.toMatchObject({ errors: [{ field }] })
  })
})

describe('get', () => {
  test('refuses the session of a user whose password has expired, unless told not to look', async () => {
    const { sso, root, ada, tamper } = await open()
    await tamper(ada.userId, { passwordExpiry: 1 })
    const call = { currentUst: root.ust, targetUst: ada.ust }
    await expect(sso.user.session.get(call)).rejects.toMatchObject({ code: 'ERR_PASSWORD_EXPIRED' })
    expect(await sso.user.session.get({ ...call, checkIfPasswordExpired: false })).toMatchObject({ userId: ada.userId })
    await expect(sso.user.session.get({ ...call, checkIfPasswordExpired: 0 as never })).rejects.toMatchObject({
      errors: [{ field: 'checkIfPasswordExpired' }],
    })
  })

  test('refuses the session of a locked user, whatever it is told of the password', async () => {
    const { sso, root, ada, tamper } = await open()
    await tamper(ada.userId, { isLocked: true })
    const call = { currentUst: root.ust, targetUst: ada.ust, checkIfPasswordExpired: false }
    await expect(sso.user.session.get(call)).rejects.toMatchObject({ code: 'ERR_USER_LOCKED' })
  })

  test('of a session that has ended does not send the caller to log in', async () => {
    const { sso, root, ada } = await open()
    await sso.user.logout({ currentUst: ada.ust })
    const error: unknown = await sso.user.session.get({ currentUst: root.ust, targetUst: ada.ust }).catch((each: unknown) => each)
    expect(error).toMatchObject({ ...ENDED, fix: expect.not.stringContaining('Log in') })
  })
})

describe('W-41: an expiry hook', () => {
  test.each([
    ['its answer holds', () => 120, 120],
    ['also when it comes later', async () => 120, 120],
    ['but not beyond the absolute deadline', () => 10 * DAY, DAY],
    ['a failure leaves the default', () => Promise.reject(new Error('no')), 3600],
    ['so does a throw', () => JSON.parse('no'), 3600],
    ['zero', () => 0, 3600],
    ['a negative number', () => -1, 3600],
    ['no number', () => JSON.parse('"60"'), 3600],
    ['NaN', () => Number.NaN, 3600],
    ['no answer in time', () => new Promise<number>(() => {}), 3600],
  ])('%s', async (_name, expiryHook, seconds) => {
    const { sso, clock } = await open({ session: { expiryHook }, storeTimeout: 0.05 })
    const { ust, expirationTime } = await sso.user.login({ username: 'ada', password: PASSWORD })
    expect(expirationTime).toBe(clock.now() + seconds * 1000)
    clock.advance(1)
    expect(await sso.user.session.renew({ currentUst: ust })).toBe(clock.now() + Math.min(seconds, DAY - 1) * 1000)
  })

  test('is told who logs in from where, and what would be', async () => {
    const told: unknown[] = []
    const { login } = await open({ session: { expiryHook: (input) => told.push(input) } })
    await login('ada')
    expect(told.at(-1)).toEqual({ username: 'ada', currentApp: 'CRM', defaultExpiry: 3600 })
  })
})

describe('W-04, W-24: lists', () => {
  test('by oneself, by target token, by user id; no token in them', async () => {
    const { sso, ada, root, login } = await open()
    const second = await login('ada', { remoteAddr: '192.0.2.1', userAgent: 'F' })
    const own = await sso.user.session.getList({ currentUst: ada.ust })
    const byToken = await sso.user.session.getList({ currentUst: root.ust, targetUst: second })
    const byId = await sso.user.session.getList({ currentUst: root.ust, userId: ada.userId })
    expect(own).toHaveLength(2)
    expect([...byToken].map(({ id }) => id).sort()).toEqual([...own].map(({ id }) => id).sort())
    expect([...byId].map(({ id }) => id).sort()).toEqual([...own].map(({ id }) => id).sort())
    expect(own.find(({ userAgent }) => userAgent === 'F')).toMatchObject({
      userId: ada.userId,
      username: 'ada',
      remoteAddr: '192.0.2.1',
      authType: 'default',
      authPrincipal: 'ada',
    })
    const text = JSON.stringify(own)
    for (const ust of [ada.ust, second]) expect(text).not.toContain(ust.split('.')[1])
    await expect(sso.user.session.getList({ currentUst: root.ust, targetUst: second, userId: ada.userId })).rejects.toMatchObject(
      { errors: [{ field: 'userId' }] },
    )
  })

  test('go on from page to page', async () => {
    const { sso, ada, login } = await open()
    for (let index = 0; index < 24; index += 1) await login('ada')
    const seen = new Set<string>()
    let after: string | undefined
    do {
      const page = await sso.user.session.getList({ currentUst: ada.ust, limit: 10, after })
      expect(page.length).toBeLessThanOrEqual(10)
      for (const { id } of page) seen.add(id)
      after = page.next
    } while (after !== undefined)
    expect(seen.size).toBe(25)
  })
})

describe('end', () => {
  test('ends one’s own session by its id, once', async () => {
    const { sso, ada, login } = await open()
    const second = await login('ada')
    const { id } = await sso.user.session.getCurrentSession({ currentUst: second })
    expect(await sso.user.session.end({ currentUst: ada.ust, id })).toBe(true)
    expect(await sso.user.session.end({ currentUst: ada.ust, id })).toBe(false)
    await expect(sso.user.session.getCurrentSession({ currentUst: second })).rejects.toMatchObject(ENDED)
  })
})

describe('W-21 to W-25: attributes through the face carry the documents’ codes', () => {
  test.each(['session', 'user'])('on a %s', async (kind) => {
    const { sso, ada, clock } = await open()
    const mine = sso.as({ currentUst: ada.ust })
    const { attr } = kind === 'session' ? await mine.user.session.getCurrentSession() : await mine.user.getCurrentUser()
    await attr.create('a', 1, { expiration: 10 })
    await expect(attr.create('a', 2)).rejects.toMatchObject({
      code: 'ERR_ATTRIBUTE_EXISTS',
      subStatus: ['E009001'],
      names: ['a'],
    })
    await expect(attr.update('b', 2)).rejects.toMatchObject({ code: 'ERR_ATTRIBUTE_MISSING', subStatus: ['E009002'] })
    clock.advance(10)
    await expect(attr.update('a', 2)).rejects.toMatchObject({ subStatus: ['E009002'] })
    await attr.create('a', 0)
    for (const value of [null, '', false, 0]) {
      await attr.update('a', value, { encrypt: true })
      expect(await attr.get('a')).toMatchObject({ value, isEncrypted: true })
    }
    await expect(attr.set('a', 1, { expiration: -1 })).rejects.toMatchObject({ subStatus: ['E008002'] })
  })
})

describe('the renewal timeout', () => {
  test('replaces no token in calls that answer none, so that a copy of it is never mistaken for another', async () => {
    const { sso, ada, clock, watched } = await open({ policy: { renewalTimeout: 60, renewalGrace: 1 } })
    clock.advance(120)
    watched.calls()
    const session = await sso.user.session.getCurrentSession({ currentUst: ada.ust })
    expect(watched.calls()).not.toContain('sessions.update')
    await session.attr.set('cart', 1)
    const resumed = await sso.sessions.resume(ada.ust)
    expect(resumed?.token).toEqual(expect.any(String))
    clock.advance(120)
    await sso.user.session.getCurrentSession({ currentUst: resumed?.token ?? '' })
  })
})
