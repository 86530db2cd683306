// Is an outage of either half of the store told as one by every verb, and is everybody still logged in when it is over?
import type { Attributes, Sojourn, Store } from 'sojourn'
import { expect, it } from 'vitest'
import { describeStores } from './stores.ts'
import { codeOf, openWorld, PASSWORD, type World } from './world.ts'

/** A store whose halves can be cut off. */
function fragile({ sessions, directory }: Store) {
  const down = { sessions: false, directory: false }
  const guarded = <T extends object>(half: T, name: keyof typeof down): T =>
    new Proxy(half, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          if (down[name] && key !== 'close') throw new Error('connect ECONNREFUSED 10.1.2.3')
          return value.apply(target, args)
        }
      },
    })
  const kept = guarded(sessions, 'sessions')
  const together = directory.sessions === sessions
  return {
    down,
    store: { sessions: kept, directory: guarded({ ...directory, sessions: together ? kept : directory.sessions }, 'directory') },
  }
}

const FACE = {
  getCurrentUser: ({ user }: Sojourn, { ada }: World) => user.getCurrentUser({ currentUst: ada.ust }),
  getUserById: ({ user }: Sojourn, { root, ada }: World) => user.getUserById({ currentUst: root.ust, userId: ada.userId }),
  getUserByUsername: ({ user }: Sojourn) => user.getUserByUsername({ username: 'ada' }),
  lockUser: ({ user }: Sojourn, { root, ada }: World) => user.lockUser({ currentUst: root.ust, userId: ada.userId }),
  setPassword: ({ user }: Sojourn, { ada }: World) => user.setPassword({ userId: ada.userId, password: `${PASSWORD}!` }),
  deleteUserById: ({ user }: Sojourn, { root, ada }: World) => user.deleteUserById({ currentUst: root.ust, userId: ada.userId }),
  createUser: ({ user }: Sojourn, { root }: World) =>
    user.createUser({ currentUst: root.ust, data: { username: 'new', password: PASSWORD } }),
  login: ({ user }: Sojourn) => user.login({ username: 'ada', password: PASSWORD }),
  'login of nobody': ({ user }: Sojourn) => user.login({ username: 'nobody', password: PASSWORD }),
  logout: ({ user }: Sojourn, { ada }: World) => user.logout({ currentUst: ada.ust }),
  'session.get': ({ user }: Sojourn, { root, ada }: World) => user.session.get({ currentUst: root.ust, targetUst: ada.ust }),
  'session.verify': ({ user }: Sojourn, { root, ada }: World) =>
    user.session.verify({ currentUst: root.ust, targetUst: ada.ust }),
  'session.getList': ({ user }: Sojourn, { ada }: World) => user.session.getList({ currentUst: ada.ust }),
  'session.renew': ({ user }: Sojourn, { ada }: World) => user.session.renew({ currentUst: ada.ust }),
  'session.end': ({ user }: Sojourn, { root, ada }: World) =>
    user.session.end({ currentUst: root.ust, id: ada.ust.slice(4, 28) }),
  'session.endAll': ({ user }: Sojourn, { ada }: World) => user.session.endAll({ currentUst: ada.ust }),
  'session.getCurrentSession': ({ user }: Sojourn, { ada }: World) => user.session.getCurrentSession({ currentUst: ada.ust }),
  'sessions.resume': ({ sessions }: Sojourn, { ada }: World) => sessions.resume(ada.ust),
  'sessions.renew': ({ sessions }: Sojourn, { ada }: World) => sessions.renew(ada.ust),
  'sessions.end': ({ sessions }: Sojourn, { ada }: World) => sessions.end(ada.ust.slice(4, 28)),
  'sessions.revoke': ({ sessions }: Sojourn) => sessions.revoke('all'),
}

const ATTRIBUTES: Readonly<Record<string, (attr: Attributes) => Promise<unknown>>> = {
  create: (attr) => attr.create('x', 1),
  'create sealed': (attr) => attr.create('x', 1, { encrypt: true }),
  setMany: (attr) => attr.setMany([{ name: 'a', value: 2 }]),
  update: (attr) => attr.update('a', () => 2),
  increment: (attr) => attr.increment('a'),
  get: (attr) => attr.get('a'),
  exists: (attr) => attr.exists('a'),
  names: (attr) => attr.names(),
  delete: (attr) => attr.delete('a'),
  setExpiry: (attr) => attr.setExpiry('a', 1),
}

describeStores('an outage is no logout', (open) => {
  it('every verb fails as an outage, changes nothing, and the same tokens work when the store is back', async () => {
    const { store: inner } = await open()
    const { down, store } = fragile(inner)
    await using world = await openWorld(store)
    const { sso, ada } = world
    const session = await world.attr(ada.ust)
    const { attr: user } = await sso.user.getCurrentUser({ currentUst: ada.ust })
    for (const attr of [session, user])
      await attr.createMany([
        { name: 'a', value: 1 },
        { name: 'pin', value: 'mine', encrypt: true },
      ])
    const before = [await session.toDict(), await user.toDict()]

    down.sessions = true
    down.directory = true
    for (const [name, call] of Object.entries(FACE)) expect(await codeOf(call(sso, world)), name).toBe('ERR_STORE_UNAVAILABLE')
    for (const attr of [session, user]) {
      for (const [name, call] of Object.entries(ATTRIBUTES)) expect(await codeOf(call(attr)), name).toBe('ERR_STORE_UNAVAILABLE')
    }
    down.directory = false
    for (const [name, call] of Object.entries(ATTRIBUTES)) expect(await codeOf(call(session)), name).toBe('ERR_STORE_UNAVAILABLE')
    for (const call of [FACE.login, FACE['login of nobody'], FACE['session.verify'], FACE.getCurrentUser]) {
      expect(await codeOf(call(sso, world))).toBe('ERR_STORE_UNAVAILABLE')
    }
    // Users who were seen before are known without the directory; nobody else is taken for anybody.
    down.sessions = false
    down.directory = true
    for (const [name, call] of Object.entries(ATTRIBUTES)) expect(await codeOf(call(user)), name).toBe('ERR_STORE_UNAVAILABLE')
    for (const call of [FACE.login, FACE['login of nobody'], FACE.lockUser, FACE.setPassword]) {
      expect(await codeOf(call(sso, world))).toBe('ERR_STORE_UNAVAILABLE')
    }
    await sso.sessions.refresh(ada.userId)
    expect(await codeOf(FACE.getCurrentUser(sso, world))).toBe('ERR_STORE_UNAVAILABLE')
    expect(await codeOf(FACE['session.verify'](sso, world))).toBe('ERR_STORE_UNAVAILABLE')
    down.directory = false

    expect([await session.toDict(), await user.toDict()]).toEqual(before)
    for (const { ust } of [ada, world.root])
      expect((await sso.user.getCurrentUser({ currentUst: ust })).isSuperUser).not.toBe(false)
    expect(await world.login('ada')).toEqual(expect.any(String))
  })
})
