// Does a write in flight, or a login, ever leave a session of a user who was locked, deleted, or given another password?
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/memory.ts'
import { sqliteStore } from '../../src/sqlite.ts'
import { count } from '../support/scale.ts'
import { type Opened, OTHER_PASSWORD, open, PASSWORD, watchedStore } from './support/open.ts'

const ENDINGS: readonly ((opened: Opened, userId: string, currentUst: string) => Promise<unknown>)[] = [
  ({ sso }, userId) => sso.user.lockUser({ userId, requireSuperUser: false }),
  ({ sso }, userId) => sso.user.rejectUser({ userId, requireSuperUser: false }),
  ({ sso }, userId) => sso.user.setPassword({ userId, password: OTHER_PASSWORD }),
  ({ sso }, userId) => sso.user.deleteUserById({ userId, skipSec: true }),
  ({ sso }, _userId, currentUst) => sso.user.session.endAll({ currentUst }),
]

describe.each([
  ['memory', () => memoryStore()],
  ['apart', () => ({ sessions: memoryStore().sessions, directory: memoryStore().directory })],
  ['SQLite', () => sqliteStore(':memory:')],
])('on %s', (_name, store) => {
  test('no session that was there before the change is there after it, and no login with the old password is', async () => {
    const opened = await open({}, watchedStore(store()))
    const { sso } = opened
    const rounds = count({ full: 10_000, quick: 200 })
    for (let round = 0; round < rounds; round += 1) {
      const { userId, username, ust } = await opened.user(`user-${round}`)
      const session = await sso.user.session.getCurrentSession({ currentUst: ust })
      const end = ENDINGS[round % ENDINGS.length]
      const isChange = round % ENDINGS.length < 4
      const attempts = await Promise.allSettled([
        session.attr.set('a', 1),
        sso.user.session.renew({ currentUst: ust }),
        end?.(opened, userId, ust),
        session.attr.increment('n'),
        isChange ? sso.user.login({ username, password: PASSWORD }) : undefined,
      ])
      expect(attempts[2]?.status).toBe('fulfilled')
      expect((await sso.sessions.list({ principal: userId })).items).toEqual([])
    }
    await sso.close()
  })
})
