// How do accounts come about, change and go?
import { randomBytes } from 'node:crypto'
import { createSojourn } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { describe, expect, test } from 'vitest'
import { OTHER_PASSWORD, open, PASSWORD } from './support/open.ts'

const INVALID = { code: 'ERR_ACCESS_DENIED', subStatus: ['E008001'] }
const MISSING = { code: 'ERR_USER_MISSING', subStatus: ['E001100'] }

describe('creating', () => {
  test('names, display name and defaults', async () => {
    const { sso, root } = await open()
    const userId = await sso.user.createUser({
      currentUst: root.ust,
      data: { username: 'Eve', firstName: ' Eve ', lastName: 'Hill', email: 'eve@example.org', password: PASSWORD },
    })
    expect(await sso.user.getUserById({ currentUst: root.ust, userId })).toMatchObject({
      username: 'Eve',
      displayName: 'Eve Hill',
      firstName: 'Eve',
      email: 'eve@example.org',
      isSuperUser: false,
      isApprovalNeeded: true,
      approvalStatus: 'before_decision',
      approvalStatusModBy: root.userId,
      passwordIsSet: true,
      passwordMustChange: false,
      signUpStatus: 'final',
    })
  })

  test('an account that begins locked says when and by whom', async () => {
    const { sso, root, clock } = await open()
    const userId = await sso.user.createUser({ currentUst: root.ust, data: { username: 'eve', isLocked: true } })
    const locked = { isLocked: true, lockedTime: clock.now(), lockedBy: root.userId }
    expect(await sso.user.getUserById({ currentUst: root.ust, userId })).toMatchObject(locked)
  })

  test('approval: asked for by default, given by autoApprove, not needed where the setting says so', async () => {
    const status = async (options: object, autoApprove: boolean) => {
      const { sso } = await open(options)
      await sso.user.createUser({ data: { username: 'eve' }, requireSuperUser: false, autoApprove })
      return (await sso.user.getUserByUsername({ username: 'eve', needsApproved: false }))?.approvalStatus
    }
    expect(await status({}, false)).toBe('before_decision')
    expect(await status({}, true)).toBe('approved')
    expect(await status({ signup: { isApprovalNeeded: false } }, false)).toBe('approved')
  })

  test('W-30: one name, whatever its case or form', async () => {
    const { sso, create } = await open()
    await create('Zoë')
    for (const username of ['zoë', 'ZOË', 'Zoe\u0308', 'Ｚｏë']) {
      await expect(create(username)).rejects.toMatchObject({ code: 'ERR_USER_EXISTS', subStatus: ['E001002'] })
      await sso.user.login({ username, password: PASSWORD })
    }
  })

  test('of many at once with one name one wins', async () => {
    const { create } = await open()
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, index) => create(index % 2 ? 'Twin' : 'twin')))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test.each([
    ['', 'E001001'],
    [undefined, 'E001001'],
    [null, 'E001001'],
    [7, 'E001001'],
    ['a\u0000b', 'E001001'],
    ['a\u202eb', 'E001001'],
    ['a\u200bb', 'E001001'],
    ['a\u3164', 'E001001'],
    ['a\ufe0f', 'E001001'],
    ['\ud800', 'E001001'],
    ['__guest__', 'E001001'],
    ['__GUEST__', 'E001001'],
    ['a b', 'E001004'],
    ['a\u00a0b', 'E001004'],
    ['a\n', 'E001004'],
    ['x'.repeat(129), 'E001003'],
    ['\ufb03'.repeat(128), 'E001003'],
    ['\ufdfa'.repeat(100), 'E001004'],
  ])('W-30: refuses the name %j with %s', async (username, subStatus) => {
    const { sso } = await open()
    for (const make of ['createUser', 'createSuperUser'] as const) {
      const data: { readonly username: string } = JSON.parse('{}')
      const call = { data: Object.assign(data, { username }), requireSuperUser: false }
      await expect(sso.user[make](call)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID', subStatus: [subStatus] })
    }
  })

  test('names up to the limit, in characters rather than code units', async () => {
    const { create } = await open({ signup: { maxLengthUsername: 10 } })
    await create('😀'.repeat(10))
    await expect(create('😀'.repeat(11))).rejects.toMatchObject({ subStatus: ['E001003'] })
  })

  test.each(['displayName', 'firstName', 'middleName', 'lastName'])(
    '%s is refused where no store could give it back',
    async (name) => {
      const { create } = await open()
      for (const text of ['half a \ud800 character', 'a\u0000b']) {
        await expect(create('eve', { [name]: text })).rejects.toMatchObject({ errors: [{ field: name }] })
      }
    },
  )

  test('two-factor login cannot be turned on, and an unknown field is refused by name', async () => {
    const { create } = await open()
    await expect(create('eve', { isTotpEnabled: true })).rejects.toMatchObject({ errors: [{ field: 'isTotpEnabled' }] })
    await expect(create('eve', { isSuperUser: true })).rejects.toMatchObject({ errors: [{ field: 'isSuperUser' }] })
    await expect(create('eve', { email: 'nobody' })).rejects.toMatchObject({ errors: [{ field: 'email' }] })
    // Its length is looked at first: to read 40,000 characters for what is wrong with them takes a second, ten times as many a hundred.
    const endless = { email: `${'a@'.repeat(5000)} ` }
    await expect(create('eve', endless)).rejects.toMatchObject({ errors: [{ reason: expect.stringContaining('128') }] })
    await expect(create('eve', { appList: ['Shop'] })).rejects.toMatchObject({ errors: [{ field: 'appList' }] })
  })

  test('onlyWhenEmpty makes the first user, once', async () => {
    const { sso } = await open()
    const call = { data: { username: 'first' }, requireSuperUser: false, onlyWhenEmpty: true }
    await expect(sso.user.createSuperUser(call)).rejects.toMatchObject({ code: 'ERR_USER_EXISTS' })
  })

  test('an address needs a key to be sealed with, unless it is not to be', async () => {
    const data = { username: 'eve', email: 'eve@example.org' }
    const call = { data, requireSuperUser: false, autoApprove: true }
    const closed = await open({ keys: undefined })
    await expect(closed.sso.user.createUser(call)).rejects.toMatchObject({ code: 'ERR_KEY_MISSING', fix: expect.any(String) })
    const plain = await open({ keys: undefined, main: { encryptEmail: false } })
    await plain.sso.user.createUser(call)
    expect(await plain.sso.user.getUserByUsername({ username: 'eve' })).toMatchObject({ email: data.email })
  })

  test('a user whose address was sealed by a key that is gone is told without it, and can be locked', async () => {
    const store = memoryStore()
    const key = () => randomBytes(32).toString('base64url')
    const data = { username: 'eve', email: 'eve@example.org' }
    const before = await createSojourn({ store, keys: [key()], sweepInterval: 0 })
    const userId = await before.user.createUser({ data, requireSuperUser: false, autoApprove: true })
    const after = await createSojourn({ store, keys: [key()], sweepInterval: 0 })
    const eve = await after.user.getUserByUsername({ username: 'eve' })
    expect(eve?.userId).toBe(userId)
    expect(() => eve?.email).toThrow(expect.objectContaining({ code: 'ERR_KEY_MISSING' }))
    await after.user.lockUser({ userId, requireSuperUser: false })
    await after.close()
  })

  test('an address is sealed in the directory, and found by a keyed hash of any spelling', async () => {
    const { create, watched } = await open()
    await create('eve', { email: 'Eve@Example.org' })
    await create('eva', { email: 'eve@example.org' })
    const { items } = await watched.store.directory.listUsers({ limit: 10 })
    const [eva, eve] = items.filter(({ username }) => username.startsWith('ev'))
    expect(eve?.emailKey).toBe(eva?.emailKey)
    expect(Buffer.from(eve?.email ?? '').toString('latin1')).not.toMatch(/eve@example/i)
  })
})

describe('W-10: the applications of a user', () => {
  test('are enforced at login and at every use', async () => {
    const { sso, create, login } = await open({ apps: ['CRM', 'Shop'] })
    await create('eve', { appList: ['Shop'] })
    const refused = { code: 'ERR_APP_REFUSED', subStatus: ['E004001'] }
    await expect(login('eve', { currentApp: 'CRM' })).rejects.toMatchObject(refused)
    const currentUst = await login('eve', { currentApp: 'Shop' })
    await sso.user.session.getCurrentSession({ currentUst, currentApp: 'Shop' })
    await expect(sso.user.session.getCurrentSession({ currentUst })).rejects.toMatchObject(refused)
  })
})

describe('W-44: the last super-user and oneself', () => {
  test('nobody locks, rejects or deletes themselves', async () => {
    const { sso, root } = await open()
    await sso.user.createSuperUser({ data: { username: 'second' }, requireSuperUser: false, autoApprove: true })
    const me = { currentUst: root.ust, userId: root.userId }
    await expect(sso.user.lockUser(me)).rejects.toMatchObject(INVALID)
    await expect(sso.user.rejectUser(me)).rejects.toMatchObject(INVALID)
    await expect(sso.user.deleteUserById(me)).rejects.toMatchObject(INVALID)
    await expect(sso.user.deleteUserByUsername({ currentUst: root.ust, username: 'ROOT' })).rejects.toMatchObject(INVALID)
    await sso.user.session.getCurrentSession({ currentUst: root.ust })
  })

  test('nor does trusted code take the last one away; of two at once one remains', async () => {
    const { sso, root } = await open()
    const last = { userId: root.userId, requireSuperUser: false }
    await expect(sso.user.lockUser(last)).rejects.toMatchObject(INVALID)
    await expect(sso.user.rejectUser(last)).rejects.toMatchObject(INVALID)
    await expect(sso.user.deleteUserById({ userId: root.userId, skipSec: true })).rejects.toMatchObject(INVALID)
    const data = { username: 'second', password: PASSWORD }
    const second = await sso.user.createSuperUser({ data, requireSuperUser: false, autoApprove: true })
    const outcomes = await Promise.allSettled(
      [root.userId, second].map((userId) => sso.user.lockUser({ userId, requireSuperUser: false })),
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})

describe('W-43, W-28: unknown users are named as such', () => {
  test('by every call that takes one', async () => {
    const { sso, root } = await open()
    const nobody = { currentUst: root.ust, userId: 'zusrnobody' }
    await expect(sso.user.getUserById(nobody)).rejects.toMatchObject(MISSING)
    await expect(sso.user.lockUser(nobody)).rejects.toMatchObject(MISSING)
    await expect(sso.user.unlockUser(nobody)).rejects.toMatchObject(MISSING)
    await expect(sso.user.approveUser(nobody)).rejects.toMatchObject(MISSING)
    await expect(sso.user.rejectUser(nobody)).rejects.toMatchObject(MISSING)
    await expect(sso.user.deleteUserById(nobody)).rejects.toMatchObject(MISSING)
    await expect(sso.user.deleteUserByUsername({ currentUst: root.ust, username: 'no' })).rejects.toMatchObject(MISSING)
    await expect(sso.user.setPassword({ ...nobody, password: OTHER_PASSWORD })).rejects.toMatchObject(MISSING)
    const data = { userId: 'zusrnobody', newPassword: OTHER_PASSWORD }
    await expect(sso.user.changePassword({ currentUst: root.ust, data })).rejects.toMatchObject(MISSING)
    expect(await sso.user.getUserByUsername({ username: 'nobody' })).toBeUndefined()
  })

  test('a deleted user is gone with attributes and sessions', async () => {
    const { sso, ada, root, create } = await open()
    const me = await sso.user.getCurrentUser({ currentUst: ada.ust })
    await me.attr.set('a', 1)
    await sso.user.deleteUserByUsername({ currentUst: root.ust, username: 'ADA' })
    await expect(sso.user.getUserById({ currentUst: root.ust, userId: ada.userId })).rejects.toMatchObject(MISSING)
    await create('ada')
  })
})

test('locking records who and when, unlocking again', async () => {
  const { sso, ada, root, clock } = await open()
  const admin = sso.as({ currentUst: root.ust })
  await admin.user.lockUser({ userId: ada.userId })
  clock.advance(60)
  await admin.user.unlockUser({ userId: ada.userId })
  const seen = await admin.user.getUserById({ userId: ada.userId })
  expect(seen).toMatchObject({ isLocked: false, lockedBy: root.userId, lockedTime: clock.now() })
})

describe('who is told what', () => {
  test('regular users their own fields; returnAllAttrs is for trusted code', async () => {
    const { sso, ada } = await open()
    const own = await sso.user.getCurrentUser({ currentUst: ada.ust })
    expect(Object.keys(own.toDict()).sort()).toEqual(
      ['display_name', 'email', 'first_name', 'is_totp_enabled', 'last_name', 'middle_name', 'user_id', 'username'].sort(),
    )
    expect(await sso.user.getCurrentUser({ currentUst: ada.ust, returnAllAttrs: true })).toMatchObject({ isLocked: false })
  })

  test('W-13: nobody is told password hashes or second factors', async () => {
    const { sso, root } = await open()
    const users = [
      await sso.user.getCurrentUser({ currentUst: root.ust, returnAllAttrs: true }),
      await sso.user.getUserByUsername({ username: 'root' }),
    ]
    expect(JSON.stringify(users.map((user) => [user, user?.toDict()]))).not.toMatch(/\$test\$|totp_?key|password_?hash/i)
  })
})

test('whoever is told the applications of a user cannot add one to what is remembered of that user', async () => {
  const elsewhere = { username: 'mine', isSuperUser: true, appList: ['CRM'] }
  const { sso, user } = await open({ apps: ['CRM', 'Billing'], loadUser: () => elsewhere })
  const { token } = await sso.sessions.start({ principal: 'mine-1' })
  const { ust } = await user('eve', { appList: ['CRM'] })
  for (const currentUst of [token, ust]) {
    const told = await sso.user.getCurrentUser({ currentUst, returnAllAttrs: true })
    expect(() => (told.appList as string[]).push('Billing')).toThrow(TypeError)
    const use = sso.user.session.getCurrentSession({ currentUst, currentApp: 'Billing' })
    await expect(use).rejects.toMatchObject({ code: 'ERR_APP_REFUSED' })
  }
})
