// Do the effects of a directory write reach the sessions together with it, or wait as rows until they are settled?
import assert from 'node:assert/strict'
import type { SessionStore } from '../../engine/store.ts'
import type { Effect } from '../../sso/directory.ts'
import { NOW, newSession, principal } from '../sessions/builders.ts'
import { type DirectoryCase, type DirectoryChapter, recordOf, together, userOf, writeOf } from './directory-chapter.ts'

const ALICE = principal('zusr-alice')
const BOB = principal('zusr-bob')

/** A case for directories that keep the sessions too. Where one does not, there is nothing that it could apply here. */
function withSessions(run: (subject: Parameters<DirectoryCase>[0], sessions: SessionStore) => Promise<void>): DirectoryCase {
  return async (subject) => {
    if (subject.directory.sessions !== null) await run(subject, subject.directory.sessions)
  }
}

async function isAlive(sessions: SessionStore, id: string): Promise<boolean> {
  return typeof (await sessions.load(id, 'header', NOW)) === 'object'
}

const revoke: Effect = { kind: 'revoke', principal: ALICE }
const bump: Effect = { kind: 'bump', principal: ALICE }

export const effects: DirectoryChapter = {
  name: 'effects',
  cases: {
    'kept for later, effects are answered, wait, and are settled one by one': async ({ directory }) => {
      const created = await directory.createUser(userOf('alice'), writeOf({ effects: [bump] }))
      const updated = await directory.updateUser(
        'zusr-alice',
        { isLocked: true },
        writeOf({ effects: [{ ...revoke, except: 'some-session' }, bump] }),
      )
      assert.ok(created.outcome === 'done' && updated.outcome === 'done')
      const all = [...created.pending, ...updated.pending]
      assert.deepEqual(
        all.map(({ effect }) => effect),
        [bump, { ...revoke, except: 'some-session' }, bump],
      )
      assert.equal(new Set(all.map(({ id }) => id)).size, 3)
      assert.deepEqual(await directory.pendingEffects(10), all)
      assert.deepEqual(await directory.pendingEffects(2), all.slice(0, 2))
      await directory.settleEffects([all[1]?.id ?? ''])
      await directory.settleEffects([])
      await directory.settleEffects(['unknown', '999999'])
      assert.deepEqual(await directory.pendingEffects(10), [all[0], all[2]])
      await directory.settleEffects(all.map(({ id }) => id))
      assert.deepEqual(await directory.pendingEffects(10), [])
    },

    'effects outlive the user they concern': async ({ directory }) => {
      await directory.createUser(userOf('alice'), writeOf())
      const deleted = await directory.deleteUser('zusr-alice', writeOf({ effects: [revoke] }))
      assert.ok(deleted.outcome === 'done')
      assert.deepEqual(
        deleted.pending.map(({ effect }) => effect),
        [revoke],
      )
      assert.deepEqual(await directory.pendingEffects(10), deleted.pending)
    },

    'a write that is refused has no effects': async ({ directory }) => {
      await directory.createUser(userOf('alice', { isSuperUser: true }), writeOf())
      const before = await directory.sessions?.counters(ALICE)
      for (const applyEffects of directory.sessions === null ? (['later'] as const) : (['later', 'here'] as const)) {
        const write = writeOf({ effects: [revoke, bump], applyEffects })
        await directory.createUser(userOf('alice'), write)
        await directory.updateUser('zusr-alice', {}, write, { expect: { firstName: 'wrong' } })
        await directory.updateUser('zusr-alice', { isLocked: true }, write, { guard: 'last-super-user' })
        await directory.deleteUser('zusr-nobody', write)
      }
      assert.deepEqual(await directory.pendingEffects(10), [])
      assert.deepEqual(await directory.sessions?.counters(ALICE), before)
    },

    'applied here, a revocation ends the sessions of its user and of nobody else': withSessions(
      async ({ directory }, sessions) => {
        const own = [newSession(ALICE), newSession(ALICE)] as const
        const others = [newSession(BOB), newSession(null)] as const
        for (const session of [...own, ...others]) await sessions.create(session)
        await directory.createUser(userOf('alice'), writeOf())
        const answer = await directory.updateUser(
          'zusr-alice',
          { isLocked: true },
          writeOf({ effects: [revoke], applyEffects: 'here' }),
        )
        assert.deepEqual(answer, { outcome: 'done', pending: [] })
        for (const session of own) assert.equal(await isAlive(sessions, session.id), false)
        for (const session of others) assert.equal(await isAlive(sessions, session.id), true)
        assert.deepEqual(await directory.pendingEffects(10), [])
      },
    ),

    'applied here, a revocation spares the one session it names': withSessions(async ({ directory }, sessions) => {
      const [kept, ended, bobs] = [newSession(ALICE), newSession(ALICE), newSession(BOB)]
      for (const session of [kept, ended, bobs]) await sessions.create(session)
      await directory.createUser(userOf('alice'), writeOf())
      const except = (id: string) => writeOf({ effects: [{ ...revoke, except: id }, bump], applyEffects: 'here' })
      await directory.updateUser('zusr-alice', { passwordHash: 'x' }, except(kept.id))
      assert.deepEqual([await isAlive(sessions, kept.id), await isAlive(sessions, ended.id)], [true, false])
      await directory.updateUser('zusr-alice', { passwordHash: 'y' }, except(ended.id))
      assert.deepEqual(
        [await isAlive(sessions, kept.id), await isAlive(sessions, ended.id)],
        [false, false],
        'the dead stay dead',
      )
      assert.equal(await isAlive(sessions, bobs.id), true)
    }),

    'applied here, a bump raises the version alone': withSessions(async ({ directory }, sessions) => {
      const session = newSession(ALICE)
      await sessions.create(session)
      const before = await sessions.counters(ALICE)
      await directory.createUser(userOf('alice'), writeOf({ effects: [bump], applyEffects: 'here' }))
      assert.deepEqual(await sessions.counters(ALICE), { ...before, version: before.version + 1 })
      assert.equal(await isAlive(sessions, session.id), true)
    }),

    'applied here, every kind of write has its effects': withSessions(async ({ directory }, sessions) => {
      const write = () => writeOf({ effects: [bump], applyEffects: 'here', audit: [recordOf('cid')] })
      const link = { userId: 'zusr-alice', authType: 'jwt', authId: '1', authUsername: '', isActive: true, creationTime: NOW }
      const token = { kind: 'k', hash: 'h', userId: 'zusr-alice', createdAt: NOW, expiresAt: NOW + 1, data: null }
      await directory.createUser(userOf('alice'), write())
      await directory.updateUser('zusr-alice', { firstName: 'A' }, write())
      await directory.createLink(link, write())
      await directory.deleteLink(link, write())
      await directory.createToken(token, write(), 'keep')
      await directory.deleteUser('zusr-alice', write())
      assert.equal((await sessions.counters(ALICE)).version, 6)
    }),

    'a login that races a locking loses: no session made under older counters is alive': withSessions(
      async ({ directory }, sessions) => {
        await directory.createUser(userOf('alice'), writeOf())
        for (let round = 0; round < 20; round += 1) {
          const read = await sessions.counters(ALICE)
          const made = Array.from({ length: 4 }, () => newSession(ALICE))
          const [first, ...rest] = made
          const lock = directory.updateUser(
            'zusr-alice',
            { isLocked: true },
            writeOf({ effects: [revoke], applyEffects: 'here' }),
          )
          await Promise.all([
            first === undefined ? undefined : sessions.create(first, read),
            lock,
            ...rest.map((each) => sessions.create(each, read)),
          ])
          for (const session of made) assert.equal(await isAlive(sessions, session.id), false)
          await sessions.bump(ALICE)
        }
      },
    ),
  },
}

export const installation: DirectoryChapter = {
  name: 'installation key',
  cases: {
    'the first key is kept, whoever offers another': async ({ directory }) => {
      const offered = (index: number) => new Uint8Array(32).fill(index + 1)
      const answers = await together(20, (index) => directory.installationKey(offered(index)))
      const kept = answers[0] ?? new Uint8Array()
      assert.equal(kept.length, 32)
      for (const answer of answers) assert.deepEqual(answer, kept)
      assert.deepEqual(await directory.installationKey(offered(99)), kept)
      kept.fill(0)
      assert.notDeepEqual(await directory.installationKey(offered(99)), kept)
    },
  },
}
