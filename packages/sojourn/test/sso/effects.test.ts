// Where users and sessions are kept apart: does a change reach the sessions, also across outages and killed processes?
import { afterEach, expect, test, vi } from 'vitest'
import { createSojourn, SojournError } from '../../src/index.ts'
import { memoryStore } from '../../src/memory.ts'
import { countingHasher, open, PASSWORD, watchedStore } from './support/open.ts'

const ENDED = { code: 'ERR_SESSION_ENDED' }

const split = () => watchedStore({ sessions: memoryStore().sessions, directory: memoryStore().directory })

afterEach(() => vi.useRealTimers())

/** Lets every process look so often for what was left behind, one after the other. */
async function looks(watched: ReturnType<typeof split>, times: number): Promise<void> {
  for (let look = 0; look < times; look += 1) {
    vi.advanceTimersByTime(1000)
    for (let turns = 0; turns < 20; turns += 1) await watched.store.directory.pendingEffects(1)
  }
}

test('with the session store away the change stands, the call says so, and the effect follows within 5 seconds', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const events: string[] = []
  const { sso, ada, root, watched } = await open({ onEvent: ({ type }) => void events.push(type) }, split())
  watched.before('sessions.revoke', () => {
    throw new Error('away')
  })
  const lock = sso.user.lockUser({ currentUst: root.ust, userId: ada.userId })
  await expect(lock).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  expect(await sso.user.getUserById({ currentUst: root.ust, userId: ada.userId })).toMatchObject({ isLocked: true })
  vi.advanceTimersByTime(5000)
  await vi.waitFor(() => expect(events).toContain('effects.failed'))
  watched.before('sessions.revoke', undefined)
  vi.advanceTimersByTime(5000)
  await vi.waitFor(async () => expect(await watched.store.directory.pendingEffects(10)).toEqual([]))
  await expect(sso.user.session.getCurrentSession({ currentUst: ada.ust })).rejects.toMatchObject(ENDED)
  await sso.close()
})

test('where the session store says that it did nothing, the call does not: the user was changed', async () => {
  const { sso, ada, root, watched } = await open({}, split())
  watched.before('sessions.revoke', () => {
    throw new SojournError('ERR_STORE_UNAVAILABLE', 'It is full.', { applied: 'no', fix: 'Make room.', retryAfter: 7 })
  })
  const fails = { code: 'ERR_STORE_UNAVAILABLE', applied: 'unknown', message: 'It is full.', fix: 'Make room.', retryAfter: 7 }
  await expect(sso.user.deleteUserById({ currentUst: root.ust, userId: ada.userId })).rejects.toMatchObject(fails)
  expect(await watched.store.directory.findUser({ userId: ada.userId })).toBeUndefined()
  await sso.close()
})

test('however many changes met the outage, all follow within 5 seconds', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const { sso, ada, watched } = await open({}, split())
  await using other = await createSojourn({ store: watched.store, passwordHashing: countingHasher() })
  watched.before('sessions.revoke', () => {
    throw new Error('away')
  })
  const changes = Array.from({ length: 150 }, (_, at) =>
    sso.user.setPassword({ userId: ada.userId, password: `another passphrase ${at}` }),
  )
  expect((await Promise.allSettled(changes)).filter(({ status }) => status === 'fulfilled')).toEqual([])
  await sso.close()
  expect((await watched.store.directory.pendingEffects(1000)).length).toBeGreaterThan(100)
  watched.before('sessions.revoke', undefined)
  await looks(watched, 5)
  await vi.waitFor(async () => expect(await watched.store.directory.pendingEffects(10)).toEqual([]))
  await other.close()
})

test('what a killed process left behind is applied by the next one within 5 seconds', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const { sso, ada, watched, clock } = await open({}, split())
  watched.before('sessions.revoke', () => new Promise(() => {}))
  sso.user.lockUser({ userId: ada.userId, requireSuperUser: false }).catch(() => undefined)
  await vi.waitFor(async () => expect(await watched.store.directory.pendingEffects(10)).toHaveLength(2))
  watched.before('sessions.revoke', undefined)
  await using next = await createSojourn({ store: watched.store, clock: clock.now, passwordHashing: countingHasher() })
  await looks(watched, 5)
  expect(await watched.store.directory.pendingEffects(10)).toEqual([])
  await expect(next.user.session.getCurrentSession({ currentUst: ada.ust })).rejects.toMatchObject(ENDED)
})

test('what its author is still at work on is left to it: a second revocation would end a session begun after the first', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const { sso, ada, watched, clock } = await open({}, split())
  await using other = await createSojourn({ store: watched.store, clock: clock.now, passwordHashing: countingHasher() })
  const settling = Promise.withResolvers<void>()
  watched.before('directory.settleEffects', () => settling.promise)
  const change = sso.user.setPassword({ userId: ada.userId, password: 'another passphrase' })
  await vi.waitFor(async () =>
    expect((await sso.user.login({ username: 'ada', password: 'another passphrase' })).ust).toBeDefined(),
  )
  await vi.waitFor(async () => expect(await watched.store.directory.pendingEffects(10)).toHaveLength(2))
  const { ust } = await other.user.login({ username: 'ada', password: 'another passphrase' })
  await looks(watched, 2)
  await other.user.session.getCurrentSession({ currentUst: ust })
  watched.before('directory.settleEffects', undefined)
  settling.resolve()
  await change
  await looks(watched, 5)
  await other.user.session.getCurrentSession({ currentUst: ust })
  await sso.close()
})

test('kept together, the directory applies them itself, in its transaction', async () => {
  const { sso, ada, watched } = await open()
  watched.calls()
  await sso.user.lockUser({ userId: ada.userId, requireSuperUser: false })
  expect(watched.calls()).toEqual(['directory.updateUser'])
})

test('events tell of revocations and refreshed users, wherever they were applied', async () => {
  for (const store of [split(), watchedStore()]) {
    const events: object[] = []
    const { sso, ada, clock } = await open({}, store)
    sso.on('sessions.revoked', (event) => events.push(event))
    sso.on('user.refreshed', (event) => events.push(event))
    await sso.user.lockUser({ userId: ada.userId, requireSuperUser: false })
    const facts = { at: clock.now(), principal: ada.userId }
    expect(events).toEqual([
      { type: 'sessions.revoked', scope: 'principal', ...facts },
      { type: 'user.refreshed', ...facts },
    ])
  }
})

test('two processes on one store: what one changes the other sees at the next call', async () => {
  const { sso, ada, root, watched, clock } = await open()
  await using other = await createSojourn({ store: watched.store, clock: clock.now, passwordHashing: countingHasher() })
  await other.user.session.getCurrentSession({ currentUst: ada.ust })
  await sso.user.lockUser({ currentUst: root.ust, userId: ada.userId })
  await expect(other.user.session.getCurrentSession({ currentUst: ada.ust })).rejects.toMatchObject(ENDED)
  await sso.user.unlockUser({ currentUst: root.ust, userId: ada.userId })
  const { ust } = await other.user.login({ username: 'ada', password: PASSWORD })
  await sso.user.session.getCurrentSession({ currentUst: ust })
})
