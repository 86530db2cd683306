// Is every user name and user id given once, is the first user made once, and is the last super-user safe?
import assert from 'node:assert/strict'
import type { StoredUser, UserChange } from '../../sso/directory.ts'
import { auditOf, countOf, type DirectoryChapter, namesOf, recordOf, together, userOf, writeOf } from './directory-chapter.ts'

const GUARD = { guard: 'last-super-user' } as const

/** Changes after each of which a super-user cannot administer. */
const DISABLING: readonly UserChange[] = [
  { isLocked: true },
  { isSuperUser: false },
  { approvalStatus: 'rejected' },
  { approvalStatus: 'before_decision' },
]

function superUser(name: string, more: Partial<StoredUser> = {}): StoredUser {
  return userOf(name, { isSuperUser: true, ...more })
}

/** The same name in the case forms that people type. */
function typed(index: number): string {
  return [...'wilhelmina'].map((letter, at) => ((index >> at) & 1 ? letter.toUpperCase() : letter)).join('')
}

export const uniqueness: DirectoryChapter = {
  name: 'uniqueness',
  cases: {
    'of 1,000 concurrent users of one name in different case forms one is made': async ({ directory }) => {
      const answers = await together(1000, (index) =>
        directory.createUser(
          userOf(typed(index), { userId: `zusr-${index}`, usernameKey: 'wilhelmina' }),
          writeOf({ audit: [recordOf(`cid-${index}`)] }),
        ),
      )
      assert.equal(countOf(answers, 'done'), 1)
      assert.equal(countOf(answers, 'exists'), 999)
      const winner = answers.findIndex((answer) => answer.outcome === 'done')
      assert.equal((await directory.findUser({ usernameKey: 'wilhelmina' }))?.userId, `zusr-${winner}`)
      assert.deepEqual(await namesOf(directory), ['wilhelmina'])
      assert.deepEqual(await auditOf(directory), [`cid-${winner}`], 'the losers leave no record of a change')
    },

    'a user id is given once': async ({ directory }) => {
      await directory.createUser(userOf('alice'), writeOf())
      assert.deepEqual(await directory.createUser(userOf('bob', { userId: 'zusr-alice' }), writeOf()), { outcome: 'exists' })
      assert.deepEqual(await directory.findUser({ userId: 'zusr-alice' }), userOf('alice'))
      assert.equal(await directory.findUser({ usernameKey: 'bob' }), undefined)
    },

    'a user is not renamed to a name that is taken, but may keep their own': async ({ directory }) => {
      await directory.createUser(userOf('alice'), writeOf())
      await directory.createUser(userOf('bob'), writeOf())
      const rename = { username: 'Alice', usernameKey: 'alice', firstName: 'Changed' }
      assert.deepEqual(await directory.updateUser('zusr-bob', rename, writeOf()), { outcome: 'exists' })
      assert.deepEqual(await directory.findUser({ userId: 'zusr-bob' }), userOf('bob'))
      assert.equal((await directory.updateUser('zusr-alice', rename, writeOf())).outcome, 'done')
      assert.equal((await directory.findUser({ usernameKey: 'alice' }))?.username, 'Alice')
    },

    'of concurrent renames to one name one is done': async ({ directory }) => {
      await together(50, (index) => directory.createUser(userOf(`user-${index}`), writeOf()))
      const answers = await together(50, (index) =>
        directory.updateUser(`zusr-user-${index}`, { usernameKey: 'desired' }, writeOf()),
      )
      assert.deepEqual([countOf(answers, 'done'), countOf(answers, 'exists')], [1, 49])
      assert.equal((await namesOf(directory)).length, 50)
    },

    'a name is free again after a rename and after a deletion': async ({ directory }) => {
      await directory.createUser(userOf('alice'), writeOf())
      await directory.updateUser('zusr-alice', { usernameKey: 'alicia' }, writeOf())
      assert.equal((await directory.createUser(userOf('second', { usernameKey: 'alice' }), writeOf())).outcome, 'done')
      await directory.deleteUser('zusr-second', writeOf())
      assert.equal((await directory.createUser(userOf('third', { usernameKey: 'alice' }), writeOf())).outcome, 'done')
    },

    'of concurrent first users one is made': async ({ directory }) => {
      const answers = await together(100, (index) => directory.createUser(superUser(`admin-${index}`), writeOf(), 'when-empty'))
      assert.deepEqual([countOf(answers, 'done'), countOf(answers, 'exists')], [1, 99])
      assert.equal((await namesOf(directory)).length, 1)
    },

    'no first user is made where there is any': async ({ directory }) => {
      await directory.createUser(userOf('alice'), writeOf())
      assert.deepEqual(await directory.createUser(superUser('admin'), writeOf(), 'when-empty'), { outcome: 'exists' })
      await directory.deleteUser('zusr-alice', writeOf())
      assert.equal((await directory.createUser(superUser('admin'), writeOf(), 'when-empty')).outcome, 'done')
    },

    'the guard keeps the last super-user who can administer': async ({ directory }) => {
      const admin = superUser('admin')
      await directory.createUser(admin, writeOf())
      await directory.createUser(userOf('alice'), writeOf())
      await directory.createUser(superUser('locked', { isLocked: true }), writeOf())
      await directory.createUser(superUser('rejected', { approvalStatus: 'rejected' }), writeOf())
      await directory.createUser(superUser('undecided', { approvalStatus: 'before_decision' }), writeOf())
      for (const change of DISABLING) {
        assert.deepEqual(await directory.updateUser('zusr-admin', change, writeOf(), GUARD), { outcome: 'last-super-user' })
      }
      assert.deepEqual(await directory.deleteUser('zusr-admin', writeOf(), GUARD), { outcome: 'last-super-user' })
      assert.deepEqual(await directory.findUser({ userId: 'zusr-admin' }), admin)
    },

    'the guard stands in the way of nothing else': async ({ directory }) => {
      await directory.createUser(superUser('admin'), writeOf())
      await directory.createUser(userOf('alice'), writeOf())
      await directory.createUser(superUser('locked', { isLocked: true }), writeOf())
      const done = async (answer: Promise<{ readonly outcome: string }>) => assert.equal((await answer).outcome, 'done')
      await done(directory.updateUser('zusr-admin', { firstName: 'Ada' }, writeOf(), GUARD))
      await done(directory.updateUser('zusr-alice', { isLocked: true }, writeOf(), GUARD))
      await done(directory.deleteUser('zusr-alice', writeOf(), GUARD))
      await done(directory.updateUser('zusr-locked', { approvalStatus: 'rejected' }, writeOf(), GUARD))
      await done(directory.deleteUser('zusr-locked', writeOf(), GUARD))
      await done(directory.createUser(superUser('second'), writeOf()))
      await done(directory.updateUser('zusr-admin', { isLocked: true }, writeOf(), GUARD))
      await done(directory.updateUser('zusr-second', { isSuperUser: false }, writeOf()))
      await done(directory.deleteUser('zusr-admin', writeOf(), GUARD))
    },

    'of super-users who are disabled concurrently under the guard one stays': async ({ directory }) => {
      await together(10, (index) => directory.createUser(superUser(`admin-${index}`), writeOf()))
      const answers = await together(10, (index) =>
        index % 2 === 0
          ? directory.updateUser(`zusr-admin-${index}`, DISABLING[index % 4] ?? {}, writeOf(), GUARD)
          : directory.deleteUser(`zusr-admin-${index}`, writeOf(), GUARD),
      )
      assert.deepEqual([countOf(answers, 'done'), countOf(answers, 'last-super-user')], [9, 1])
    },

    'refusals come in one order: missing, superseded, last super-user, exists': async ({ directory }) => {
      await directory.createUser(superUser('admin'), writeOf())
      await directory.createUser(userOf('alice'), writeOf())
      const change = { isLocked: true, usernameKey: 'alice' }
      const outcome = async (userId: string, firstName: string, guarded: boolean) =>
        (await directory.updateUser(userId, change, writeOf(), { expect: { firstName }, ...(guarded ? GUARD : {}) })).outcome
      assert.equal(await outcome('zusr-nobody', 'wrong', true), 'missing')
      assert.equal(await outcome('zusr-admin', 'wrong', true), 'superseded')
      assert.equal(await outcome('zusr-admin', '', true), 'last-super-user')
      assert.equal(await outcome('zusr-admin', '', false), 'exists')
    },
  },
}
