// Which passwords are taken, how are they kept, and how do they change?
import crypto from 'node:crypto'
import { createSojourn } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { limited } from '../../src/sso/passwords/limited.ts'
import { argon2Hasher } from '../../src/sso/passwords/password-hash.ts'
import { countingHasher, OTHER_PASSWORD, open, PASSWORD } from './support/open.ts'

const DAY = 86_400

describe('the policy', () => {
  test.each([
    ['short', 'E003002'],
    ['12345678', 'E003001'],
    ['my-PassWord-is', 'E003001'],
    ['ＱＷＥＲＴＹ-and-more', 'E003001'],
    ['lone \ud800 surrogate', 'E003001'],
    ['x'.repeat(257), 'E003003'],
    ['😀'.repeat(7), 'E003002'],
  ])('the password %j is refused with %s, everywhere one is given', async (candidate, subStatus) => {
    const { sso, ada, root, create } = await open()
    const refused = { code: 'ERR_PASSWORD_REFUSED', subStatus: [subStatus] }
    const data = { oldPassword: PASSWORD, newPassword: candidate }
    await expect(sso.user.validatePassword({ password: candidate })).rejects.toMatchObject(refused)
    await expect(create('eve', { password: candidate })).rejects.toMatchObject(refused)
    await expect(sso.user.setPassword({ userId: ada.userId, password: candidate })).rejects.toMatchObject(refused)
    await expect(sso.user.changePassword({ currentUst: ada.ust, data })).rejects.toMatchObject(refused)
    const others = { newPassword: candidate, userId: ada.userId }
    await expect(sso.user.changePassword({ currentUst: root.ust, data: others })).rejects.toMatchObject(refused)
  })

  test('what is wrong is told of the field that holds the new password', async () => {
    const { sso, ada, root, create, tamper } = await open()
    const told = (field: string) => ({ code: 'ERR_PASSWORD_REFUSED', errors: [{ field }] })
    await expect(create('eve', { password: 'short' })).rejects.toMatchObject(told('password'))
    await expect(sso.user.setPassword({ userId: ada.userId, password: 'short' })).rejects.toMatchObject(told('password'))
    const change = (data: object) =>
      sso.user.changePassword({ currentUst: root.ust, data: { oldPassword: PASSWORD, newPassword: 'short', ...data } })
    for (const data of [{}, { newPassword: PASSWORD }, { userId: ada.userId }])
      await expect(change(data)).rejects.toMatchObject(told('newPassword'))
    await tamper(ada.userId, { passwordMustChange: true })
    for (const newPassword of ['short', PASSWORD]) {
      const login = sso.user.login({ username: 'ada', password: PASSWORD, newPassword })
      await expect(login).rejects.toMatchObject(told('newPassword'))
    }
  })

  test.each(['12-45-78', '😀'.repeat(8), '😀'.repeat(256), 'correct horse battery staple'])(
    'the password %j is fine',
    async (candidate) => {
      const { sso, create, login } = await open()
      await sso.user.validatePassword({ password: candidate })
      await create('eve', { password: candidate })
      await login('eve', { password: candidate })
    },
  )

  test('the rating of an injected function decides, and without one no rating can be asked for', async () => {
    await expect(open({ password: { minComplexity: 3 } })).rejects.toMatchObject({ code: 'ERR_POLICY_INVALID' })
    const passwordStrength = (candidate: string) => (candidate === PASSWORD ? 3 : Number.NaN)
    const { sso } = await open({ password: { minComplexity: 3 }, passwordStrength })
    const weak = sso.user.validatePassword({ password: OTHER_PASSWORD })
    await expect(weak).rejects.toMatchObject({ subStatus: ['E003008'] })
  })

  test('no more of a password is rated than one may have: what rates it may take longer than its length', async () => {
    const rated: number[] = []
    const passwordStrength = (candidate: string) => rated.push([...candidate].length)
    const { sso } = await open({ password: { minComplexity: 1, maxLength: 64 }, passwordStrength })
    rated.length = 0
    const long = sso.user.validatePassword({ password: '\ufdfa'.repeat(60_000) })
    await expect(long).rejects.toMatchObject({ subStatus: ['E003003'] })
    expect(rated).toEqual([64])
  })

  test('the longest one counts to its last character', async () => {
    const [password, other] = [`${'😀'.repeat(255)}1`, `${'😀'.repeat(255)}2`]
    const { create, login } = await open({ passwordHashing: argon2Hasher({ memory: 7168, passes: 5 }) })
    await create('eve', { password })
    await expect(login('eve', { password: other })).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_INVALID' })
    await login('eve', { password })
  })

  test('a password typed in another form of the same characters is the same', async () => {
    const hasher = argon2Hasher({})
    const encoded = await hasher.hash('caf\u00e9-au-lait')
    expect(await hasher.verify('cafe\u0301-au-lait', encoded)).toBe(true)
    expect(await hasher.verify('cafe-au-lait', encoded)).toBe(false)
  })
})

describe('argon2id', () => {
  test('keeps a PHC string of at least 19 MiB and two passes, with a salt of its own', async () => {
    const hasher = argon2Hasher({})
    const [first, second] = [await hasher.hash(PASSWORD), await hasher.hash(PASSWORD)]
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    expect(second).not.toBe(first)
    expect(await hasher.verify(PASSWORD, first)).toBe(true)
    expect(await hasher.verify('other', first)).toBe(false)
  })

  test('agrees with the reference on a known answer', async () => {
    const known = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
    expect(await argon2Hasher({}).verify('password', known)).toBe(true)
  })

  test.each([{ memory: 1024 }, { passes: 1 }, { memory: 7168, passes: 4 }, { memory: 19_456.5 }, { passes: 0 }])(
    'refuses the cost %j',
    (cost) => expect(() => argon2Hasher(cost)).toThrowError(expect.objectContaining({ code: 'ERR_POLICY_INVALID' })),
  )

  test('a damaged hash is an error, not a wrong password', async () => {
    const hasher = argon2Hasher({})
    for (const encoded of [
      '',
      'plain',
      '$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    ]) {
      await expect(hasher.verify(PASSWORD, encoded)).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT' })
    }
  })

  test('a runtime without it opens all the same, and asks for a hasher with the first password', async () => {
    const { argon2 } = crypto
    onTestFinished(() => void Reflect.set(crypto, 'argon2', argon2))
    Reflect.set(crypto, 'argon2', undefined)
    const { hash, verify } = argon2Hasher({})
    for (const work of [hash(PASSWORD), verify(PASSWORD, undefined)])
      await expect(work).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID', errors: [{ field: 'passwordHashing' }] })
    await using sso = await createSojourn({ store: memoryStore() })
    expect(await sso.sessions.start({ principal: null })).toHaveProperty('token')
  })

  test('a hash of lower cost is made anew at the next login, and no session ends for it', async () => {
    const weak = countingHasher('0')
    const opened = await open({ passwordHashing: weak })
    await opened.sso.close()
    const strong = countingHasher('1')
    const { store } = opened.watched
    const { createSojourn } = await import('../../src/index.ts')
    const sso = await createSojourn({ store, passwordHashing: strong, clock: opened.clock.now })
    const { ust } = await sso.user.login({ username: 'ada', password: PASSWORD })
    expect((await store.directory.findUser({ usernameKey: 'ada' }))?.passwordHash).toMatch(/^\$test\$1\$/)
    for (const currentUst of [ust, opened.ada.ust]) await sso.user.session.getCurrentSession({ currentUst })
    await sso.user.login({ username: 'ada', password: PASSWORD })
  })
})

describe('waiting for a turn', () => {
  afterEach(() => vi.useRealTimers())

  test('no more than so many run, in the order they came; one more than may wait is refused at once', async () => {
    const run = limited({ parallel: 2, waiting: 2, waitTimeout: 5 })
    const gates: (() => void)[] = []
    const jobs = Array.from({ length: 4 }, (_, index) => run(() => new Promise<number>((done) => gates.push(() => done(index)))))
    await expect(run(async () => 0)).rejects.toMatchObject({ code: 'ERR_RATE_LIMITED', retryAfter: 5 })
    expect(gates).toHaveLength(2)
    for (let index = 0; index < 4; index += 1) {
      await vi.waitFor(() => expect(gates.length).toBeGreaterThan(index))
      gates[index]?.()
    }
    expect(await Promise.all(jobs)).toEqual([0, 1, 2, 3])
  })

  test('who waits too long is refused, and their turn goes to the next', async () => {
    vi.useFakeTimers()
    const run = limited({ parallel: 1, waiting: 5, waitTimeout: 5 })
    let finish = () => {}
    const busy = run(() => new Promise<void>((done) => (finish = done)))
    const late = expect(run(async () => 'late')).rejects.toMatchObject({ code: 'ERR_RATE_LIMITED' })
    await vi.advanceTimersByTimeAsync(5000)
    await late
    const next = run(async () => 'next')
    finish()
    await busy
    expect(await next).toBe('next')
  })

  test('a job that fails gives its turn back', async () => {
    const run = limited({ parallel: 1, waiting: 1, waitTimeout: 5 })
    await expect(run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await run(async () => 1)).toBe(1)
  })
})

describe('W-26: changing passwords', () => {
  const data = (more: object = {}) => ({ oldPassword: PASSWORD, newPassword: OTHER_PASSWORD, ...more })

  test('one’s own: needs the old one, clears the flag, and starts the time anew', async () => {
    const { sso, ada, root, tamper, clock, login } = await open()
    const change = (more: object) => sso.user.changePassword({ currentUst: ada.ust, data: data(more) })
    for (const oldPassword of ['wrong', '', undefined]) {
      await expect(change({ oldPassword })).rejects.toMatchObject({ code: 'ERR_CREDENTIALS_INVALID', subStatus: ['E005001'] })
    }
    await expect(change({ newPassword: PASSWORD })).rejects.toMatchObject({ code: 'ERR_PASSWORD_REFUSED' })
    await tamper(ada.userId, { passwordMustChange: true })
    clock.advance(10)
    expect(await change({})).toEqual({ ust: null })
    await login('ada', { password: OTHER_PASSWORD })
    expect(await sso.user.getUserById({ currentUst: root.ust, userId: ada.userId })).toMatchObject({
      passwordMustChange: false,
      passwordLastSet: clock.now(),
      passwordExpiry: clock.now() + 730 * DAY * 1000,
    })
  })

  test('what is for super-users is refused to others, under both names', async () => {
    const { sso, ada } = await open()
    for (const more of [{ mustChange: true }, { passwordMustChange: false }, { passwordExpiry: 60 }, { passwordExpiry: null }]) {
      const change = sso.user.changePassword({ currentUst: ada.ust, data: data(more) })
      await expect(change).rejects.toMatchObject({ code: 'ERR_ACCESS_DENIED', subStatus: ['E008002'] })
    }
  })

  test.each([
    [{ mustChange: true, passwordExpiry: 60 }, true, 60_000],
    [{ passwordMustChange: true, passwordExpiry: null }, true, null],
    [{}, false, 730 * DAY * 1000],
  ])('by a super-user: %j', async (more, mustChange, expiry) => {
    const { sso, ada, root, clock } = await open()
    const change = { newPassword: OTHER_PASSWORD, userId: ada.userId, ...more }
    await sso.user.changePassword({ currentUst: root.ust, data: change })
    expect(await sso.user.getUserById({ currentUst: root.ust, userId: ada.userId })).toMatchObject({
      passwordMustChange: mustChange,
      passwordExpiry: expiry === null ? null : clock.now() + expiry,
    })
  })

  test('contradictions and nonsense are refused by name', async () => {
    const { sso, root, ada } = await open()
    const change = (more: object) =>
      sso.user.changePassword({ currentUst: root.ust, data: { newPassword: OTHER_PASSWORD, userId: ada.userId, ...more } })
    await expect(change({ mustChange: true, passwordMustChange: false })).rejects.toMatchObject({
      errors: [{ field: 'mustChange' }],
    })
    for (const passwordExpiry of [0, -1, Number.NaN, Infinity, '60']) {
      await expect(change({ passwordExpiry })).rejects.toMatchObject({ errors: [{ field: 'passwordExpiry' }] })
    }
    await expect(change({ newPassword: undefined })).rejects.toMatchObject({ errors: [{ field: 'newPassword' }] })
  })

  test('one that is to last longer than there are instants lasts until the last', async () => {
    const { sso, root, ada } = await open()
    const data = { newPassword: OTHER_PASSWORD, userId: ada.userId, passwordExpiry: 1e300 }
    await sso.user.changePassword({ currentUst: root.ust, data })
    const { passwordExpiry } = await sso.user.getUserById({ currentUst: root.ust, userId: ada.userId })
    expect(new Date(passwordExpiry ?? 0).toISOString()).toBe('+275760-09-13T00:00:00.000Z')
    await sso.user.setPassword({ userId: ada.userId, password: PASSWORD, passwordExpiry: 1e13 })
    expect(await sso.user.getUserById({ currentUst: root.ust, userId: ada.userId })).toMatchObject({ passwordExpiry })
  })

  test('of two changes at once from the same old password one wins', async () => {
    const { sso, ada, login } = await open()
    const second = await login('ada')
    const words = [OTHER_PASSWORD, `${OTHER_PASSWORD}-2`]
    const changes = await Promise.allSettled(
      [ada.ust, second].map((currentUst, index) =>
        sso.user.changePassword({ currentUst, data: data({ newPassword: words[index] }) }),
      ),
    )
    expect(changes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

describe('W-07, W-51: a password that must be replaced', () => {
  test.each([{ passwordExpiry: 1 }, { passwordMustChange: true }])('%j: is replaced at login, and not skipped', async (state) => {
    const { sso, create, tamper, root } = await open({ password: { informIfInvalid: false, informIfMustBeChanged: false } })
    const userId = await create('eve')
    await tamper(userId, state)
    const call = { username: 'eve', password: PASSWORD }
    for (const newPassword of [undefined, '', 'short', PASSWORD]) {
      await expect(sso.user.login({ ...call, newPassword })).rejects.toMatchObject({ returnStatus: false })
    }
    const { ust } = await sso.user.login({ ...call, newPassword: OTHER_PASSWORD })
    await sso.user.session.getCurrentSession({ currentUst: ust })
    const after = await sso.user.getUserById({ currentUst: root.ust, userId })
    expect(after).toMatchObject({ passwordMustChange: false })
  })

  test('a new password that nobody asked for is ignored', async () => {
    const { sso } = await open()
    await sso.user.login({ username: 'ada', password: PASSWORD, newPassword: OTHER_PASSWORD })
    await sso.user.login({ username: 'ada', password: PASSWORD })
  })

  test('a session of an expired password is refused, E003004', async () => {
    const { sso, ada, clock } = await open({ policy: { expiry: 1000 * DAY, absoluteTimeout: 1000 * DAY } })
    clock.advance(730 * DAY)
    const use = sso.user.session.getCurrentSession({ currentUst: ada.ust })
    await expect(use).rejects.toMatchObject({ code: 'ERR_PASSWORD_EXPIRED', subStatus: ['E003004'], returnStatus: false })
  })
})
