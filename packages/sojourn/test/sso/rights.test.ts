// Who may do what, asked at each call?
import { describe, expect, test } from 'vitest'
import { type Opened, OTHER_PASSWORD, open } from './support/open.ts'

const DENIED = { code: 'ERR_ACCESS_DENIED' }
const ENDED = { code: 'ERR_SESSION_ENDED', subStatus: ['E007001'] }

/** What a regular user is told, where that is not E005001: these three count as changes of an account that are not theirs to make (5.7, 5.10). */
const SUB_STATUS: Readonly<Record<string, string>> = { approveUser: 'E008002', rejectUser: 'E008002', changePassword: 'E008002' }

/** Calls that only super-users may make, on somebody else. */
const FOR_SUPER_USERS: readonly [string, (opened: Opened, currentUst: string) => Promise<unknown>][] = [
  ['createUser', ({ sso }, currentUst) => sso.user.createUser({ currentUst, data: { username: 'new' } })],
  ['createSuperUser', ({ sso }, currentUst) => sso.user.createSuperUser({ currentUst, data: { username: 'new' } })],
  ['getUserById', ({ sso, root }, currentUst) => sso.user.getUserById({ currentUst, userId: root.userId })],
  ['lockUser', ({ sso, root }, currentUst) => sso.user.lockUser({ currentUst, userId: root.userId })],
  ['unlockUser', ({ sso, root }, currentUst) => sso.user.unlockUser({ currentUst, userId: root.userId })],
  ['approveUser', ({ sso, root }, currentUst) => sso.user.approveUser({ currentUst, userId: root.userId })],
  ['rejectUser', ({ sso, root }, currentUst) => sso.user.rejectUser({ currentUst, userId: root.userId })],
  ['deleteUserById', ({ sso, root }, currentUst) => sso.user.deleteUserById({ currentUst, userId: root.userId })],
  ['deleteUserByUsername', ({ sso }, currentUst) => sso.user.deleteUserByUsername({ currentUst, username: 'root' })],
  [
    'changePassword',
    ({ sso, root }, currentUst) =>
      sso.user.changePassword({ currentUst, data: { newPassword: OTHER_PASSWORD, userId: root.userId } }),
  ],
  ['session.get', ({ sso, root }, currentUst) => sso.user.session.get({ currentUst, targetUst: root.ust })],
  ['session.getList', ({ sso, root }, currentUst) => sso.user.session.getList({ currentUst, userId: root.userId })],
  ['session.verify', ({ sso, root }, currentUst) => sso.user.session.verify({ currentUst, targetUst: root.ust })],
  ['session.requireSuperUser', ({ sso }, currentUst) => sso.user.session.requireSuperUser({ currentUst })],
  [
    'session.getCurrentSession',
    ({ sso }, currentUst) => sso.user.session.getCurrentSession({ currentUst, needsSuperUser: true }),
  ],
  ['session.endAll', ({ sso, root }, currentUst) => sso.user.session.endAll({ currentUst, userId: root.userId })],
]

describe('regular users', () => {
  test.each(FOR_SUPER_USERS)('may not %s', async (name, call) => {
    const opened = await open()
    const denied = { ...DENIED, subStatus: [SUB_STATUS[name] ?? 'E005001'] }
    await expect(call(opened, opened.ada.ust)).rejects.toMatchObject(denied)
    await opened.login('root')
  })

  test.each(FOR_SUPER_USERS)('without a token: %s says there is no session', async (_name, call) => {
    const opened = await open()
    for (const token of ['', 'sjn_x', `${opened.root.ust}x`]) await expect(call(opened, token)).rejects.toMatchObject(ENDED)
  })
})

describe('W-20: everybody reaches what is their own', () => {
  test('their session, its attributes, their list, their own record and attributes', async () => {
    const { sso, ada, login } = await open()
    const mine = sso.as({ currentUst: ada.ust })
    const second = await login('ada')
    const session = await mine.user.session.get({ targetUst: second })
    await session.attr.set('a', 1)
    expect(await session.attr.get('a')).toMatchObject({ value: 1 })
    expect(await mine.user.session.getList()).toHaveLength(2)
    const me = await mine.user.getUserById({ userId: ada.userId })
    expect(me).toMatchObject({ userId: ada.userId, username: 'ada' })
    expect('isLocked' in me || 'passwordHash' in me).toBe(false)
    await me.attr.set('b', { deep: [1n] })
    expect(await me.attr.get('b')).toMatchObject({ value: { deep: [1n] } })
    await expect(sso.user.session.get({ currentUst: ada.ust, targetUst: '' })).rejects.toMatchObject(ENDED)
  })

  test('the list of a guest’s session is nobody’s, not that of who asks', async () => {
    const { sso, root } = await open()
    const { token: targetUst } = await sso.sessions.start({ principal: null })
    const list = sso.user.session.getList({ currentUst: root.ust, targetUst })
    await expect(list).rejects.toMatchObject({ code: 'ERR_USER_MISSING' })
  })

  test('nobody else reaches it, super-users excepted', async () => {
    const { sso, ada, root, user } = await open()
    const eve = await user('eve')
    const adas = await sso.user.session.getCurrentSession({ currentUst: ada.ust })
    await expect(sso.user.session.get({ currentUst: eve.ust, id: adas.id })).rejects.toMatchObject(DENIED)
    await expect(sso.user.session.end({ currentUst: eve.ust, id: adas.id })).rejects.toMatchObject(DENIED)
    await expect(sso.user.session.end({ currentUst: eve.ust, id: 'A'.repeat(24) })).rejects.toMatchObject(DENIED)
    // Which of them are alive is told to nobody else either.
    await expect(sso.user.session.get({ currentUst: eve.ust, id: 'A'.repeat(24) })).rejects.toMatchObject(DENIED)
    const seen = await sso.user.session.get({ currentUst: root.ust, id: adas.id })
    await seen.attr.set('note', 'by root')
    expect(await adas.attr.get('note')).toMatchObject({ value: 'by root' })
    expect(await sso.user.session.end({ currentUst: root.ust, id: adas.id })).toBe(true)
    await expect(adas.attr.get('note')).rejects.toMatchObject(ENDED)
  })
})

describe('W-46: the right is checked at each call, not remembered', () => {
  test('attributes of a session: after the caller is demoted, locked, or logged out', async () => {
    const { sso, ada, root, tamper, user, watched } = await open()
    const target = await sso.user.session.get({ currentUst: root.ust, targetUst: ada.ust })
    await target.attr.set('a', 1)
    await tamper(root.userId, { isSuperUser: false })
    await watched.store.sessions.bump({ id: root.userId, tag: '' })
    await expect(target.attr.get('a')).rejects.toMatchObject(DENIED)
    await expect(target.attr.set('a', 2)).rejects.toMatchObject(DENIED)

    const eve = await user('eve')
    const own = await sso.user.session.getCurrentSession({ currentUst: eve.ust })
    await sso.user.lockUser({ userId: eve.userId, requireSuperUser: false })
    for (const use of [
      () => own.attr.get('a'),
      () => own.attr.set('a', 1),
      () => own.attr.toDict(),
      () => own.attr.increment('n'),
    ]) {
      await expect(use()).rejects.toMatchObject(ENDED)
    }
    const attr = (await sso.user.getCurrentUser({ currentUst: ada.ust })).attr
    await attr.set('a', 1)
    await sso.user.logout({ currentUst: ada.ust })
    await expect(attr.get('a')).rejects.toMatchObject(ENDED)
    await expect(attr.set('a', 2)).rejects.toMatchObject(ENDED)
  })

  test('a target that ended is gone for the super-user who holds it', async () => {
    const { sso, ada, root } = await open()
    const target = await sso.user.session.get({ currentUst: root.ust, targetUst: ada.ust })
    await sso.user.logout({ currentUst: ada.ust })
    await expect(target.attr.set('a', 1)).rejects.toMatchObject(ENDED)
    await expect(target.attr.names()).rejects.toMatchObject(ENDED)
  })
})

test('attributes of a user found by name: nobody’s without a token, one’s own, or anybody’s for super-users', async () => {
  const { sso, ada, root, user } = await open()
  const eve = await user('eve')
  const attrFor = async (currentUst?: string) => {
    const found = await sso.user.getUserByUsername({ currentUst, username: 'ada' })
    if (found === undefined) throw new Error('ada is gone')
    return found.attr
  }
  await expect((await attrFor()).get('a')).rejects.toMatchObject(ENDED)
  for (const use of [(await attrFor(eve.ust)).get('a'), (await attrFor(eve.ust)).set('a', 1)]) {
    await expect(use).rejects.toMatchObject(DENIED)
  }
  await (await attrFor(ada.ust)).set('a', 1, { encrypt: true })
  expect(await (await attrFor(root.ust)).get('a')).toMatchObject({ value: 1, isEncrypted: true })
})

describe('sealed attributes', () => {
  test('open with the token, and do not with the id alone', async () => {
    const { sso, ada, root } = await open()
    const own = await sso.user.session.getCurrentSession({ currentUst: ada.ust })
    await own.attr.create('pin', '1234', { encrypt: true })
    const byToken = await sso.user.session.get({ currentUst: root.ust, targetUst: ada.ust })
    expect(await byToken.attr.get('pin')).toMatchObject({ value: '1234', isEncrypted: true })
    const byId = await sso.user.session.get({ currentUst: root.ust, id: own.id })
    await expect(byId.attr.get('pin')).rejects.toMatchObject({ code: 'ERR_ATTRIBUTE_SEALED' })
    expect(await byId.attr.get('pin', { decrypt: false })).toMatchObject({ isEncrypted: true })
    const ownById = await sso.user.session.get({ currentUst: ada.ust, id: own.id })
    expect(await ownById.attr.get('pin')).toMatchObject({ value: '1234' })
  })
})

describe('W-48: store calls', () => {
  const items = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `n${index}`, value: index }))

  test('reading one session of one’s own, whatever is asked, is one call', async () => {
    const { sso, ada, watched } = await open()
    const { attr } = await sso.user.session.getCurrentSession({ currentUst: ada.ust })
    await attr.createMany(items(100))
    watched.calls()
    const reads = [
      () => attr.get('n1'),
      () => attr.getMany(items(100).map(({ name }) => name)),
      () => attr.exists('n1'),
      () => attr.existsMany(['n1', 'n2']),
      () => attr.names(),
      () => attr.toDict(),
    ]
    for (const read of reads) {
      await read()
      expect(watched.calls()).toEqual(['sessions.load'])
    }
  })

  test('writing is one load and one write, whatever the number of items', async () => {
    const { sso, ada, root, watched } = await open()
    const own = await sso.user.session.getCurrentSession({ currentUst: ada.ust })
    const others = await sso.user.session.get({ currentUst: root.ust, id: own.id })
    for (const { attr } of [own, others]) {
      watched.calls()
      const writes = [
        () => attr.setMany(items(100)),
        () => attr.updateMany(items(100)),
        () => attr.set('n1', 'x'),
        () => attr.increment('count'),
        () =>
          attr.setExpiryMany(
            items(100).map(({ name }) => ({ name })),
            { expiration: 60 },
          ),
        () => attr.deleteMany(items(100).map(({ name }) => name)),
      ]
      for (const write of writes) {
        await write()
        expect(watched.calls()).toEqual(['sessions.load', 'sessions.update'])
      }
    }
  })

  test('attributes of a user are one load and one directory call', async () => {
    const { sso, ada, watched } = await open()
    const { attr } = await sso.user.getCurrentUser({ currentUst: ada.ust })
    watched.calls()
    await attr.createMany(items(100))
    expect(watched.calls()).toEqual(['sessions.load', 'directory.updateAttributes'])
    await attr.toDict()
    expect(watched.calls()).toEqual(['sessions.load', 'directory.loadAttributes'])
  })

  test('a session that was seen before costs one call: its owner is remembered', async () => {
    const { sso, ada, watched } = await open()
    await sso.user.session.getCurrentSession({ currentUst: ada.ust })
    watched.calls()
    await sso.user.session.getCurrentSession({ currentUst: ada.ust })
    expect(watched.calls()).toEqual(['sessions.load'])
  })
})

test('what is remembered of users holds neither password hash nor second factor', async () => {
  const { createAccounts } = await import('../../src/sso/users/account.ts')
  const { sso, ada, watched } = await open()
  await sso.close()
  const account = await createAccounts(watched.store.directory, undefined).at(ada.userId, 0)
  expect(account).toMatchObject({ userId: ada.userId, passwordIsSet: true })
  for (const secret of ['passwordHash', 'totpKey', 'totpLastStep']) expect(account).not.toHaveProperty(secret)
})
