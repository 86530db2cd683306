// Is every audit record kept as it was given, in order, with its change or not at all?
import assert from 'node:assert/strict'
import type { AuditRecord } from '../../sso/directory.ts'
import { NOW } from '../sessions/builders.ts'
import { assertOwnCursors } from '../sessions/chapter.ts'
import { auditOf, type DirectoryChapter, everyPage, recordOf, together, userOf, writeOf } from './directory-chapter.ts'

export const audit: DirectoryChapter = {
  name: 'audit',
  cases: {
    'records come back with every field, newest first': async ({ directory }) => {
      assert.deepEqual(await directory.listAudit({ limit: 10 }), { items: [] })
      const full: AuditRecord = {
        at: NOW - 5,
        cid: 'cid "1"',
        operation: 'user.login',
        outcome: 'refused',
        reason: 'ERR_CREDENTIALS_INVALID',
        actor: null,
        target: 'Ångström \u{1F600}',
        remoteAddr: '2001:db8::1',
        app: "Bill'ing",
        details: { names: ['a', 'b'], count: 2, nested: { yes: true, nothing: null } },
      }
      const bare = recordOf('2', { outcome: 'failed', reason: null, actor: 'auto', target: null, remoteAddr: '', app: '' })
      await directory.appendAudit([full, bare])
      await directory.appendAudit([])
      await directory.appendAudit([recordOf('3')])
      assert.deepEqual(await directory.listAudit({ limit: 10 }), { items: [recordOf('3'), bare, full] })
    },

    'pages follow the order of appending, not the clock, while more is appended': async ({ directory }) => {
      await directory.appendAudit(Array.from({ length: 25 }, (_, index) => recordOf(`${index}`, { at: NOW - index })))
      const first = await directory.listAudit({ limit: 10 })
      assert.deepEqual(
        first.items.map((record) => record.cid),
        Array.from({ length: 10 }, (_, index) => `${24 - index}`),
      )
      await directory.appendAudit([recordOf('late')])
      const rest = await everyPage({ limit: 4, after: first.next ?? '' }, directory.listAudit)
      assert.deepEqual(
        rest.map((record) => record.cid),
        Array.from({ length: 15 }, (_, index) => `${14 - index}`),
      )
    },

    'the oldest come first where that is asked for, also while more is appended': async ({ directory }) => {
      const order = 'oldest-first'
      assert.deepEqual(await directory.listAudit({ limit: 10, order }), { items: [] })
      await directory.appendAudit(Array.from({ length: 25 }, (_, index) => recordOf(`${index % 5}`, { at: NOW - index })))
      const first = await directory.listAudit({ limit: 10, order })
      await directory.appendAudit([recordOf('late')])
      const rest = await everyPage({ limit: 4, after: first.next ?? '' }, (query) => directory.listAudit({ ...query, order }))
      const expected = [...Array.from({ length: 25 }, (_, index) => `${index % 5}`), 'late']
      assert.deepEqual(
        [...first.items, ...rest].map((record) => record.cid),
        expected,
      )
      const of = async (limit: number) =>
        (await everyPage({ limit }, (query) => directory.listAudit({ ...query, cid: '3', order }))).map(({ at }) => NOW - at)
      for (const limit of [1, 2, 50]) assert.deepEqual(await of(limit), [3, 8, 13, 18, 23])
    },

    'records of one correlation id are found among others': async ({ directory }) => {
      await directory.appendAudit(Array.from({ length: 60 }, (_, index) => recordOf(`cid-${index % 20}`, { details: { index } })))
      const of = async (cid: string, limit: number) =>
        (await everyPage({ limit }, (query) => directory.listAudit({ ...query, cid }))).map((record) => record.details['index'])
      for (const limit of [1, 2, 3, 50]) assert.deepEqual(await of('cid-7', limit), [47, 27, 7])
      assert.deepEqual(await of('cid', 10), [])
    },

    'a write that is refused leaves no record': async ({ directory }) => {
      const write = writeOf({ audit: [recordOf('refused')] })
      await directory.createUser(userOf('alice', { isSuperUser: true }), writeOf({ audit: [recordOf('made')] }))
      await directory.createUser(userOf('alice'), write)
      await directory.createUser(userOf('bob'), write, 'when-empty')
      await directory.updateUser('zusr-nobody', {}, write)
      await directory.updateUser('zusr-alice', {}, write, { expect: { firstName: 'wrong' } })
      await directory.updateUser('zusr-alice', { isLocked: true }, write, { guard: 'last-super-user' })
      await directory.deleteUser('zusr-alice', write, { guard: 'last-super-user' })
      await directory.deleteLink({ userId: 'zusr-alice', authType: 'basic_auth', authId: '7' }, write)
      assert.deepEqual(await auditOf(directory), ['made'])
    },

    'every write that is done leaves its records, in order': async ({ directory }) => {
      let made = 0
      const write = () => {
        made += 1
        return writeOf({ audit: [recordOf(`${made}a`), recordOf(`${made}b`)] })
      }
      const link = { userId: 'zusr-alice', authType: 'jwt', authId: '1', authUsername: '', isActive: true, creationTime: NOW }
      await directory.createUser(userOf('alice'), write())
      await directory.updateUser('zusr-alice', { firstName: 'A' }, write())
      await directory.createLink(link, write())
      await directory.deleteLink(link, write())
      await directory.createToken(
        { kind: 'k', hash: 'h', userId: null, createdAt: NOW, expiresAt: NOW + 1, data: null },
        write(),
        'cancel',
      )
      await directory.deleteUser('zusr-alice', write())
      const expected = Array.from({ length: made }, (_, index) => [`${index + 1}a`, `${index + 1}b`]).flat()
      assert.deepEqual(await auditOf(directory), expected.reverse())
    },

    'no record of concurrent calls is lost': async ({ directory }) => {
      await together(50, (index) => directory.appendAudit([recordOf(`a-${index}`), recordOf(`b-${index}`)]))
      await together(50, (index) => directory.createUser(userOf(`user-${index}`), writeOf({ audit: [recordOf(`c-${index}`)] })))
      const all = await auditOf(directory)
      assert.deepEqual([all.length, new Set(all).size], [150, 150])
    },

    'a list refuses a cursor that it did not make, and names the option': async ({ directory }) => {
      await directory.appendAudit(['1', '2', '3'].map((cid) => recordOf(cid)))
      for (const order of ['newest-first', 'oldest-first'] as const) {
        await assertOwnCursors((after) => directory.listAudit({ limit: 2, after, order }))
        await assertOwnCursors((after) => directory.listAudit({ limit: 2, after, order, cid: '1' }))
      }
    },
  },
}
