// Is every call refused whose application, session or owner is not good at that very moment, and does nothing else refuse a right login?
import type { Attributes, PasswordHasher } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { expect, it } from 'vitest'
import { watchedStore } from '../sso/support/open.ts'
import { codeOf, openSojourn, openWorld, PASSWORD, type World } from './world.ts'

/** One call of each verb that asks who is calling. */
const CALLS: Readonly<Record<string, (world: World, context: object) => Promise<unknown>>> = {
  createUser: ({ sso }, context) => sso.user.createUser({ ...context, data: { username: 'x', password: PASSWORD } }),
  createSuperUser: ({ sso }, context) => sso.user.createSuperUser({ ...context, data: { username: 'y', password: PASSWORD } }),
  getCurrentUser: ({ sso }, context) => sso.user.getCurrentUser(context),
  getUserById: ({ sso, ada }, context) => sso.user.getUserById({ ...context, userId: ada.userId }),
  lockUser: ({ sso, ada }, context) => sso.user.lockUser({ ...context, userId: ada.userId }),
  unlockUser: ({ sso, ada }, context) => sso.user.unlockUser({ ...context, userId: ada.userId }),
  approveUser: ({ sso, ada }, context) => sso.user.approveUser({ ...context, userId: ada.userId }),
  rejectUser: ({ sso, ada }, context) => sso.user.rejectUser({ ...context, userId: ada.userId }),
  deleteUserById: ({ sso, ada }, context) => sso.user.deleteUserById({ ...context, userId: ada.userId }),
  deleteUserByUsername: ({ sso }, context) => sso.user.deleteUserByUsername({ ...context, username: 'ada' }),
  changePassword: ({ sso }, context) =>
    sso.user.changePassword({ ...context, data: { oldPassword: PASSWORD, newPassword: `${PASSWORD}!` } }),
  'session.get': ({ sso, ada }, context) => sso.user.session.get({ ...context, targetUst: ada.ust }),
  'session.getList': ({ sso }, context) => sso.user.session.getList(context),
  'session.verify': ({ sso, ada }, context) => sso.user.session.verify({ ...context, targetUst: ada.ust }),
  'session.renew': ({ sso }, context) => sso.user.session.renew(context),
  'session.getCurrentSession': ({ sso }, context) => sso.user.session.getCurrentSession(context),
  'session.requireSuperUser': ({ sso }, context) => sso.user.session.requireSuperUser(context),
  'session.end': ({ sso, ada }, context) => sso.user.session.end({ ...context, id: ada.ust.slice(4, 28) }),
  'session.endAll': ({ sso }, context) => sso.user.session.endAll(context),
}

it('an unknown application is refused by every verb, before anything is done', async () => {
  const store = memoryStore()
  await using world = await openWorld(store)
  const users = async () => JSON.stringify((await store.directory.listUsers({ limit: 100 })).items)
  const before = await users()
  for (const [name, call] of Object.entries(CALLS)) {
    expect(await codeOf(call(world, { currentUst: world.root.ust, currentApp: 'Nobody' })), name).toBe('ERR_APP_REFUSED')
  }
  for (const trusted of [
    () => world.sso.user.login({ username: 'ada', password: PASSWORD, currentApp: 'Nobody' }),
    () => world.sso.user.login({ username: 'ada', skipSec: true, currentApp: 'Nobody' }),
    () => world.sso.user.setPassword({ userId: world.ada.userId, password: PASSWORD, currentApp: 'Nobody' }),
    () => world.sso.user.lockUser({ userId: world.ada.userId, requireSuperUser: false, currentApp: 'Nobody' }),
    () => world.sso.user.deleteUserById({ userId: world.ada.userId, skipSec: true, currentApp: 'Nobody' }),
  ])
    expect(await codeOf(trusted())).toBe('ERR_APP_REFUSED')
  expect(await users()).toBe(before)
  expect((await world.sso.sessions.list()).items).toHaveLength(2)
})

it('a session that ends while what is due about it is being written is refused by every verb, and nothing is done', async () => {
  for (const [name, call] of Object.entries(CALLS)) {
    const watched = watchedStore(memoryStore())
    await using world = await openWorld(watched.store, { policy: { renewalTimeout: 60 } })
    const users = async () => JSON.stringify((await watched.store.directory.listUsers({ limit: 100 })).items)
    const before = await users()
    world.clock.advance(61)
    // The first use of a new token starts the grace of the old one, which is a write.
    const currentUst = (await world.sso.sessions.resume(world.root.ust))?.token ?? ''
    watched.before('sessions.update', () => {
      watched.before('sessions.update', undefined)
      return world.sso.sessions.revoke('all')
    })
    expect(await codeOf(call(world, { currentUst })), name).toBe('ERR_SESSION_ENDED')
    expect(await users(), name).toBe(before)
  }
})

it('a session that ends between the check of its right and the write is refused, and nothing is written', async () => {
  const verbs: Readonly<Record<string, (attr: Attributes) => Promise<unknown>>> = {
    set: (attr) => attr.set('a', 2),
    'set sealed': (attr) => attr.set('pin', 2, { encrypt: true }),
    update: (attr) => attr.update('a', () => 2),
    increment: (attr) => attr.increment('a'),
    delete: (attr) => attr.delete('a'),
    setExpiry: (attr) => attr.setExpiry('a', 5),
  }
  for (const [name, verb] of Object.entries(verbs)) {
    const watched = watchedStore(memoryStore())
    await using world = await openWorld(watched.store)
    const own = await world.attr(world.ada.ust)
    await own.set('a', 1)
    watched.before('sessions.update', () => {
      watched.before('sessions.update', undefined)
      return world.sso.user.lockUser({ userId: world.ada.userId, requireSuperUser: false })
    })
    expect(await codeOf(verb(own)), name).toBe('ERR_SESSION_ENDED')
  }
})

it('a password that cannot be hashed anew at this moment is no reason to refuse its login', async () => {
  let isFull = false
  const hasher: PasswordHasher = {
    async hash(password) {
      if (isFull) throw new Error('no room for one more')
      return `plain:${password}`
    },
    verify: async (password, encoded) => encoded === `plain:${password}`,
    isOutdated: () => isFull,
  }
  await using opened = await openSojourn(memoryStore(), { passwordHashing: hasher })
  const { user, sessions } = opened.sso
  const userId = await user.createUser({
    data: { username: 'ada', password: PASSWORD },
    requireSuperUser: false,
    autoApprove: true,
  })
  isFull = true
  const { ust } = await user.login({ username: 'ada', password: PASSWORD })
  expect((await user.getCurrentUser({ currentUst: ust })).userId).toBe(userId)
  expect((await sessions.list({ principal: userId })).items).toHaveLength(1)
})

it('a user who is given another name while they log in under the old one is not logged in', async () => {
  const watched = watchedStore(memoryStore())
  await using world = await openWorld(watched.store)
  const { directory } = watched.store
  watched.before('sessions.counters', async () => {
    watched.before('sessions.counters', undefined)
    const write = { now: world.clock.now(), audit: [], effects: [], applyEffects: 'later' } as const
    await directory.updateUser(world.ada.userId, { username: 'eve', usernameKey: 'eve' }, write)
  })
  expect(await codeOf(world.login('ada'))).toBe('ERR_CREDENTIALS_INVALID')
  expect(await world.login('eve')).toEqual(expect.any(String))
})

it('whatever is wrong with an account is found at the next use of its session, also where its sessions were not ended with it', async () => {
  const wrong = [
    [{ isLocked: true }, 'ERR_USER_LOCKED'],
    [{ approvalStatus: 'rejected' }, 'ERR_USER_NOT_READY'],
    [{ approvalStatus: 'before_decision' }, 'ERR_USER_NOT_READY'],
    [{ signUpStatus: 'before_confirmation' }, 'ERR_USER_NOT_READY'],
    [{ passwordExpiry: 1 }, 'ERR_PASSWORD_EXPIRED'],
    [{ appList: ['Billing'] }, 'ERR_APP_REFUSED'],
  ] as const
  for (const [change, code] of wrong) {
    const store = memoryStore()
    await using world = await openWorld(store, { apps: ['CRM', 'Billing'] })
    const held = await world.attr(world.root.ust)
    const write = { now: world.clock.now(), audit: [], effects: [], applyEffects: 'later' } as const
    await store.directory.updateUser(world.root.userId, change, write)
    await world.sso.sessions.refresh(world.root.userId)
    const before = JSON.stringify((await store.directory.listUsers({ limit: 100 })).items)
    for (const [name, call] of Object.entries(CALLS)) {
      expect(await codeOf(call(world, { currentUst: world.root.ust })), `${name}, ${JSON.stringify(change)}`).toBe(code)
    }
    for (const call of [held.get('a'), held.set('a', 1)]) expect(await codeOf(call)).toBe(code)
    expect(JSON.stringify((await store.directory.listUsers({ limit: 100 })).items)).toBe(before)
  }
})
