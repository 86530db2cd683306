// Do sessions end for good when something about their user changes, whatever is in flight?
import { describe, expect, test } from 'vitest'
import { SojournError } from '../../src/index.ts'
import { memoryStore } from '../../src/memory.ts'
import { sqliteStore } from '../../src/sqlite.ts'
import { type Opened, OTHER_PASSWORD, open, PASSWORD, watchedStore } from './support/open.ts'

const ENDED = { code: 'ERR_SESSION_ENDED' }
const REFUSED = { code: 'ERR_CREDENTIALS_INVALID' }

/** Two halves that know nothing of each other, as Redis with a directory. */
function splitStore() {
  return watchedStore({ sessions: memoryStore().sessions, directory: memoryStore().directory })
}

const ENDINGS: readonly [string, (opened: Opened) => Promise<unknown>][] = [
  ['changePassword', ({ sso, ada }) => sso.user.changePassword({ currentUst: ada.ust, data: own() })],
  [
    'changePassword by a super-user',
    ({ sso, ada, root }) =>
      sso.user.changePassword({ currentUst: root.ust, data: { userId: ada.userId, newPassword: OTHER_PASSWORD } }),
  ],
  ['setPassword', ({ sso, ada }) => sso.user.setPassword({ userId: ada.userId, password: OTHER_PASSWORD })],
  ['lockUser', ({ sso, ada, root }) => sso.user.lockUser({ currentUst: root.ust, userId: ada.userId })],
  ['rejectUser', ({ sso, ada, root }) => sso.user.rejectUser({ currentUst: root.ust, userId: ada.userId })],
  ['deleteUserById', ({ sso, ada, root }) => sso.user.deleteUserById({ currentUst: root.ust, userId: ada.userId })],
  ['session.endAll', ({ sso, ada }) => sso.user.session.endAll({ currentUst: ada.ust })],
]

function own() {
  return { oldPassword: PASSWORD, newPassword: OTHER_PASSWORD }
}

describe.each([
  ['together', () => watchedStore()],
  ['apart', splitStore],
  ['in SQLite', () => watchedStore(sqliteStore(':memory:'))],
])('W-06: with users and sessions kept %s', (_name, store) => {
  test.each(ENDINGS)('%s ends every session of that user and no other', async (_ending, end) => {
    const opened = await open({}, store())
    const { sso, ada, root, login } = opened
    const second = await login('ada')
    await end(opened)
    for (const currentUst of [ada.ust, second]) {
      await expect(sso.user.session.getCurrentSession({ currentUst })).rejects.toMatchObject(ENDED)
    }
    await sso.user.session.getCurrentSession({ currentUst: root.ust })
  })

  test('what was ended does not come back by unlocking or approving', async () => {
    const { sso, ada, login } = await open({}, store())
    const trusted = { userId: ada.userId, requireSuperUser: false }
    await sso.user.lockUser(trusted)
    await sso.user.unlockUser(trusted)
    await expect(sso.user.session.getCurrentSession({ currentUst: ada.ust })).rejects.toMatchObject(ENDED)
    const next = await login('ada')
    await sso.user.rejectUser(trusted)
    await sso.user.approveUser(trusted)
    await expect(sso.user.session.getCurrentSession({ currentUst: next })).rejects.toMatchObject(ENDED)
    await sso.user.session.getCurrentSession({ currentUst: await login('ada') })
  })

  test('what takes nothing from an account ends nothing: unlocking, approving', async () => {
    const { sso, ada } = await open({}, store())
    const trusted = { userId: ada.userId, requireSuperUser: false }
    await sso.user.unlockUser(trusted)
    await sso.user.approveUser(trusted)
    await sso.user.session.getCurrentSession({ currentUst: ada.ust })
  })

  test('keepCurrent spares the session that asked, under a new token', async () => {
    const { sso, ada, login } = await open({}, store())
    const other = await login('ada')
    const before = await sso.user.session.getCurrentSession({ currentUst: ada.ust })
    await before.attr.set('pin', '1', { encrypt: true })
    const { ust } = await sso.user.changePassword({ currentUst: ada.ust, data: own(), keepCurrent: true })
    for (const currentUst of [ada.ust, other]) {
      await expect(sso.user.session.getCurrentSession({ currentUst })).rejects.toMatchObject(ENDED)
    }
    const after = await sso.user.session.getCurrentSession({ currentUst: ust ?? '' })
    expect(after.id).toBe(before.id)
    expect(await after.attr.get('pin')).toMatchObject({ value: '1' })
  })

  test('what was read under the old token cannot be written once keepCurrent gave a new one', async () => {
    const { sso, ada } = await open({}, store())
    const resumed = await sso.sessions.resume(ada.ust)
    await sso.user.changePassword({ currentUst: ada.ust, data: own(), keepCurrent: true })
    await expect(resumed?.session.attr.set('cart', 1)).rejects.toMatchObject(ENDED)
  })

  test('keepCurrent ends the session when the store does not take the new token', async () => {
    const watched = store()
    const { sso, ada } = await open({}, watched)
    watched.before('sessions.update', () => {
      throw new SojournError('ERR_STORE_UNAVAILABLE', 'away')
    })
    const change = sso.user.changePassword({ currentUst: ada.ust, data: own(), keepCurrent: true })
    await expect(change).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    watched.before('sessions.update', undefined)
    expect(await sso.sessions.resume(ada.ust)).toBeUndefined()
  })

  test('endAll with keepCurrent spares the session that asked', async () => {
    const { sso, ada, login } = await open({}, store())
    const other = await login('ada')
    await sso.user.session.endAll({ currentUst: ada.ust, keepCurrent: true })
    await sso.user.session.getCurrentSession({ currentUst: ada.ust })
    await expect(sso.user.session.getCurrentSession({ currentUst: other })).rejects.toMatchObject(ENDED)
  })
})

describe('a login that races a change of its user', () => {
  test.each([
    ['setPassword', ({ sso, ada }: Opened) => sso.user.setPassword({ userId: ada.userId, password: OTHER_PASSWORD })],
    ['lockUser', ({ sso, ada }: Opened) => sso.user.lockUser({ userId: ada.userId, requireSuperUser: false })],
    ['deleteUserById', ({ sso, ada }: Opened) => sso.user.deleteUserById({ userId: ada.userId, skipSec: true })],
  ])('loses against %s, at whichever store call that happens', async (_name, change) => {
    for (const moment of ['sessions.counters', 'sessions.create', 'directory.findUser']) {
      const opened = await open()
      const { sso, watched } = opened
      watched.before(moment, async () => {
        watched.before(moment, undefined)
        await change(opened)
      })
      const login = sso.user.login({ username: 'ada', password: PASSWORD })
      await expect(login, moment).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_(CREDENTIALS_INVALID|USER_LOCKED)$/),
      })
    }
  })

  test('begins anew when what changed does not concern it', async () => {
    const { sso, watched, ada } = await open()
    watched.before('sessions.create', async () => {
      watched.before('sessions.create', undefined)
      await sso.user.unlockUser({ userId: ada.userId, requireSuperUser: false })
    })
    await sso.user.login({ username: 'ada', password: PASSWORD })
  })

  test('gives up in bounded time when the user never stands still', async () => {
    const { sso, watched, ada } = await open()
    watched.before('sessions.create', () => sso.user.unlockUser({ userId: ada.userId, requireSuperUser: false }))
    await expect(sso.user.login({ username: 'ada', password: PASSWORD })).rejects.toMatchObject(REFUSED)
  })
})

describe('W-49: a forced change of password and its session come together', () => {
  const call = { username: 'eve', password: PASSWORD, newPassword: OTHER_PASSWORD }

  test('when the password cannot be kept there is no session, and the old one stays', async () => {
    const { sso, create, watched } = await open()
    const userId = await create('eve', { passwordMustChange: true })
    watched.before('directory.updateUser', () => {
      throw new Error('away')
    })
    await expect(sso.user.login(call)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    watched.before('directory.updateUser', undefined)
    expect((await sso.sessions.list({ principal: userId })).items).toEqual([])
    await sso.user.login(call)
  })

  test('when the session cannot be started the password stays as it was', async () => {
    const { sso, create, watched } = await open()
    await create('eve', { passwordMustChange: true })
    watched.before('sessions.create', () => {
      throw new Error('away')
    })
    await expect(sso.user.login(call)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    watched.before('sessions.create', undefined)
    await sso.user.login(call)
  })

  test('when somebody locks the account in between there is neither', async () => {
    const { sso, create, watched } = await open()
    const userId = await create('eve', { passwordMustChange: true })
    watched.before('directory.updateUser', async () => {
      watched.before('directory.updateUser', undefined)
      await sso.user.lockUser({ userId, requireSuperUser: false })
    })
    await expect(sso.user.login(call)).rejects.toMatchObject({ code: 'ERR_USER_LOCKED' })
    expect((await sso.sessions.list({ principal: userId })).items).toEqual([])
  })

  test('when the password changed unseen in between, the attempt leaves no session', async () => {
    const { sso, create, watched, tamper } = await open()
    const userId = await create('eve', { passwordMustChange: true })
    watched.before('directory.updateUser', async () => {
      watched.before('directory.updateUser', undefined)
      await tamper(userId, { passwordHash: '$test$1$x' })
    })
    await expect(sso.user.login(call)).rejects.toMatchObject(REFUSED)
    expect((await sso.sessions.list({ principal: userId })).items).toEqual([])
  })

  test('the new password ends the sessions of the old one', async () => {
    const { sso, user, tamper } = await open()
    const eve = await user('eve')
    await tamper(eve.userId, { passwordMustChange: true })
    await sso.user.login(call)
    await expect(sso.user.session.getCurrentSession({ currentUst: eve.ust })).rejects.toMatchObject(ENDED)
  })

  test('of two at once with different new passwords one wins, and only its password is right', async () => {
    const { sso, create } = await open()
    await create('eve', { passwordMustChange: true })
    const others = [OTHER_PASSWORD, `${OTHER_PASSWORD}-2`]
    const logins = await Promise.allSettled(others.map((newPassword) => sso.user.login({ ...call, newPassword })))
    expect(logins.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const winner = others[logins.findIndex(({ status }) => status === 'fulfilled')]
    await sso.user.login({ username: 'eve', password: winner })
    const tokens = logins.flatMap((login) => (login.status === 'fulfilled' ? [login.value.ust] : []))
    await sso.user.session.getCurrentSession({ currentUst: tokens[0] })
  })
})

describe('W-40: logout', () => {
  test.each([
    ['locked', { isLocked: true }],
    ['rejected', { approvalStatus: 'rejected' as const }],
    ['with an expired password', { passwordExpiry: 1 }],
  ])('ends the session of a user who is %s', async (_name, change) => {
    const { sso, ada, tamper } = await open()
    await tamper(ada.userId, change)
    await sso.user.logout({ currentUst: ada.ust, currentApp: 'no such application' })
    expect((await sso.sessions.list({ principal: ada.userId })).items).toEqual([])
    await expect(sso.user.logout({ currentUst: ada.ust })).rejects.toMatchObject(ENDED)
  })

  test('needs the whole token: the id alone, or another secret, ends nothing', async () => {
    const { sso, ada, root } = await open()
    const secret = root.ust.split('.')[1]
    const forged = `${ada.ust.split('.')[0]}.${secret}`
    for (const currentUst of [forged, ada.ust.split('.')[0], '', 'x']) {
      await expect(sso.user.logout({ currentUst })).rejects.toMatchObject(ENDED)
    }
    await sso.user.session.getCurrentSession({ currentUst: ada.ust })
  })
})
