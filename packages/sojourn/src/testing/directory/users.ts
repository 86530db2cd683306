// Does a directory keep users as they were given, change what was named and nothing else, and compare before it writes?
import assert from 'node:assert/strict'
import type { StoredUser, UserChange } from '../../sso/directory.ts'
import { NOW } from '../sessions/builders.ts'
import { assertOwnCursors } from '../sessions/chapter.ts'
import { countOf, type DirectoryChapter, everyPage, together, userOf, writeOf } from './directory-chapter.ts'

const bytes = (...values: number[]) => new Uint8Array(values)

/** Another value for every field that may change, no two alike, so that no field is mistaken for another. */
const CHANGED: Required<UserChange> = {
  username: 'Ångström "O\'Hara" \u{1F600}',
  usernameKey: 'ångström',
  isSuperUser: true,
  isInternal: true,
  isLocked: true,
  lockedTime: NOW + 1,
  lockedBy: 'zusr-locker',
  approvalStatus: 'rejected',
  approvalStatusModTime: NOW + 2,
  approvalStatusModBy: 'zusr-approver',
  signUpStatus: 'before_confirmation',
  signUpTime: NOW + 3,
  signUpConfirmTime: NOW + 4,
  creationCtx: '{"remote_addr":["192.0.2.7"]}',
  passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA',
  passwordMustChange: true,
  passwordLastSet: NOW + 5,
  passwordExpiry: NOW + 6,
  email: bytes(1, 0, 255),
  emailKey: 'key-of-the-address',
  displayName: 'Display',
  firstName: 'First',
  middleName: 'Middle',
  lastName: 'Last',
  appList: ['CRM', 'Bill,"ing'],
  isTotpEnabled: true,
  totpKey: bytes(2, 0, 254),
  totpLabel: bytes(3),
  totpLastStep: 60_000_000,
  isRateLimitActive: true,
  rateLimitDef: '192.0.2.0/24=10/m\n*=*',
}

/** Each field of {@link CHANGED} as a change of its own. */
const SINGLE_CHANGES: readonly UserChange[] = Object.entries(CHANGED).map(([field, value]) => ({ [field]: value }))

export const users: DirectoryChapter = {
  name: 'users',
  cases: {
    'a user is found by id and by user name, with every field as given': async ({ directory }) => {
      const plain = userOf('plain')
      const full: StoredUser = { userId: 'zusr-full', ...CHANGED }
      const spare = userOf('spare', { email: 'text@example.com', appList: [], totpKey: bytes() })
      for (const user of [plain, full, spare])
        assert.deepEqual(await directory.createUser(user, writeOf()), { outcome: 'done', pending: [] })
      for (const user of [plain, full, spare]) {
        assert.deepEqual(await directory.findUser({ userId: user.userId }), user)
        assert.deepEqual(await directory.findUser({ usernameKey: user.usernameKey }), user)
      }
    },

    'who is not there is not found': async ({ directory }) => {
      await directory.createUser(userOf('alice'), writeOf())
      assert.equal(await directory.findUser({ userId: 'zusr-bob' }), undefined)
      assert.equal(await directory.findUser({ usernameKey: 'Alice' }), undefined)
      assert.equal(await directory.findUser({ link: { authType: 'basic_auth', authId: '1' } }), undefined)
      assert.deepEqual(await directory.updateUser('zusr-bob', { firstName: 'Bob' }, writeOf()), { outcome: 'missing' })
      assert.deepEqual(await directory.deleteUser('zusr-bob', writeOf()), { outcome: 'missing' })
    },

    'an update changes the fields it names and no other': async ({ directory }) => {
      for (const [index, change] of SINGLE_CHANGES.entries()) {
        const user = userOf(`user-${index}`)
        await directory.createUser(user, writeOf())
        assert.equal((await directory.updateUser(user.userId, change, writeOf())).outcome, 'done')
        assert.deepEqual(await directory.findUser({ userId: user.userId }), { ...user, ...change })
      }
    },

    'an update of all fields sets all, and takes them back': async ({ directory }) => {
      const user = userOf('alice')
      await directory.createUser(user, writeOf())
      await directory.updateUser(user.userId, CHANGED, writeOf())
      assert.deepEqual(await directory.findUser({ usernameKey: CHANGED.usernameKey }), { userId: user.userId, ...CHANGED })
      assert.equal(await directory.findUser({ usernameKey: 'alice' }), undefined)
      const { userId, ...before } = user
      await directory.updateUser(userId, before, writeOf())
      assert.deepEqual(await directory.findUser({ usernameKey: 'alice' }), user)
    },

    'an update of no field is done, and changes nothing': async ({ directory }) => {
      await directory.createUser(userOf('alice'), writeOf())
      assert.equal((await directory.updateUser('zusr-alice', {}, writeOf())).outcome, 'done')
      assert.deepEqual(await directory.findUser({ userId: 'zusr-alice' }), userOf('alice'))
    },

    'what was given or read may be altered afterwards': async ({ directory }) => {
      const appList = ['CRM']
      const totpKey = bytes(1, 2, 3)
      await directory.createUser(userOf('alice', { appList, totpKey }), writeOf())
      appList.push('Billing')
      totpKey.fill(9)
      const read = await directory.findUser({ userId: 'zusr-alice' })
      assert.deepEqual(read, userOf('alice', { appList: ['CRM'], totpKey: bytes(1, 2, 3) }))
      read?.totpKey?.fill(9)
      assert.deepEqual((await directory.findUser({ userId: 'zusr-alice' }))?.totpKey, bytes(1, 2, 3))
    },

    'an expectation that holds lets the write pass, for every field': async ({ directory }) => {
      await directory.createUser({ userId: 'zusr-alice', ...CHANGED }, writeOf())
      for (const expect of [...SINGLE_CHANGES, CHANGED]) {
        const answer = await directory.updateUser('zusr-alice', { firstName: 'First' }, writeOf(), { expect })
        assert.equal(answer.outcome, 'done', `expected ${Object.keys(expect)}`)
      }
    },

    'an expectation that does not hold supersedes the write, for every field': async ({ directory }) => {
      await directory.createUser(userOf('alice'), writeOf())
      for (const expect of SINGLE_CHANGES) {
        const answer = await directory.updateUser('zusr-alice', { lastName: 'Changed' }, writeOf(), { expect })
        assert.deepEqual(answer, { outcome: 'superseded' }, `expected ${Object.keys(expect)}`)
        assert.deepEqual(await directory.deleteUser('zusr-alice', writeOf(), { expect }), { outcome: 'superseded' })
      }
      assert.deepEqual(await directory.findUser({ userId: 'zusr-alice' }), userOf('alice'))
    },

    'bytes and lists are expected by their content': async ({ directory }) => {
      await directory.createUser(userOf('alice', { totpKey: bytes(1, 2), appList: ['a', 'b'] }), writeOf())
      const wrong: readonly UserChange[] = [
        { totpKey: bytes(1) },
        { totpKey: bytes(1, 3) },
        { totpKey: bytes(1, 2, 0) },
        { totpKey: null },
        { appList: ['b', 'a'] },
        { appList: ['a'] },
        { appList: [] },
        { appList: null },
      ]
      for (const expect of wrong) {
        assert.deepEqual(await directory.updateUser('zusr-alice', { firstName: 'A' }, writeOf(), { expect }), {
          outcome: 'superseded',
        })
      }
    },

    'of concurrent writes that expect the same value one passes': async ({ directory }) => {
      await directory.createUser(userOf('alice', { totpLastStep: 1 }), writeOf())
      const answers = await together(50, () =>
        directory.updateUser('zusr-alice', { totpLastStep: 2 }, writeOf(), { expect: { totpLastStep: 1 } }),
      )
      assert.equal(countOf(answers, 'done'), 1)
      assert.equal(countOf(answers, 'superseded'), 49)
    },

    'concurrent writes of different fields all survive': async ({ directory }) => {
      await directory.createUser(userOf('alice'), writeOf())
      const { usernameKey: _, username: __, ...fields } = CHANGED
      const changes: readonly UserChange[] = Object.entries(fields).map(([field, value]) => ({ [field]: value }))
      await Promise.all(changes.map((change) => directory.updateUser('zusr-alice', change, writeOf())))
      assert.deepEqual(await directory.findUser({ userId: 'zusr-alice' }), { ...userOf('alice'), ...fields })
    },

    'a list answers every user once, by user name, whatever the size of a page': async ({ directory }) => {
      assert.deepEqual(await directory.listUsers({ limit: 10 }), { items: [] })
      const names = Array.from({ length: 23 }, (_, index) => `user-${String((index * 7) % 23).padStart(2, '0')}`)
      for (const name of names) await directory.createUser(userOf(name), writeOf())
      for (const limit of [1, 2, 7, 22, 23, 24, 1000]) {
        const all = await everyPage({ limit }, directory.listUsers)
        assert.deepEqual(
          all.map((user) => user.usernameKey),
          [...names].sort(),
          `pages of ${limit}`,
        )
        assert.deepEqual(all[0], userOf('user-00'))
      }
    },

    'a list goes on where it was, although users come and go': async ({ directory }) => {
      for (const name of ['b', 'd', 'f', 'h']) await directory.createUser(userOf(name), writeOf())
      const first = await directory.listUsers({ limit: 2 })
      assert.deepEqual(
        first.items.map((user) => user.usernameKey),
        ['b', 'd'],
      )
      await directory.deleteUser('zusr-d', writeOf())
      await directory.createUser(userOf('a'), writeOf())
      await directory.createUser(userOf('g'), writeOf())
      const rest = await everyPage({ limit: 2, after: first.next ?? '' }, directory.listUsers)
      assert.deepEqual(
        rest.map((user) => user.usernameKey),
        ['f', 'g', 'h'],
      )
    },

    'a list by address answers those of that address alone': async ({ directory }) => {
      for (const [name, emailKey] of [
        ['a', 'k1'],
        ['b', 'k2'],
        ['c', 'k1'],
        ['d', null],
        ['e', 'k1'],
      ] as const) {
        await directory.createUser(userOf(name, { emailKey }), writeOf())
      }
      const named = async (emailKey: string) =>
        (await everyPage({ limit: 2 }, (query) => directory.listUsers({ ...query, emailKey }))).map((user) => user.usernameKey)
      assert.deepEqual(await named('k1'), ['a', 'c', 'e'])
      await directory.updateUser('zusr-c', { emailKey: 'k2' }, writeOf())
      await directory.updateUser('zusr-a', { emailKey: null }, writeOf())
      await directory.deleteUser('zusr-e', writeOf())
      assert.deepEqual([await named('k1'), await named('k2'), await named('K2')], [[], ['b', 'c'], []])
    },

    'a list refuses a cursor that it did not make, and names the option': async ({ directory }) => {
      for (const name of ['a', 'b', 'c']) await directory.createUser(userOf(name, { emailKey: 'k' }), writeOf())
      await assertOwnCursors((after) => directory.listUsers({ limit: 2, after }))
      await assertOwnCursors((after) => directory.listUsers({ limit: 2, after, emailKey: 'k' }))
    },
  },
}
