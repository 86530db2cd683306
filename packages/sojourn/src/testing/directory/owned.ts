// Does an external account stand for one user, does a one-time token work once, and does a user take with them what is theirs?
import assert from 'node:assert/strict'
import type { Directory, LinkedAccount, OneTimeToken } from '../../sso/directory.ts'
import { MINUTE, NOW } from '../sessions/builders.ts'
import { assertOwnCursors } from '../sessions/chapter.ts'
import { auditOf, countOf, type DirectoryChapter, everyPage, recordOf, together, userOf, writeOf } from './directory-chapter.ts'

const LIMITS = { attributes: 10, bytes: 1000 }

function linkOf(userId: string, authId: string, more: Partial<LinkedAccount> = {}): LinkedAccount {
  return { userId, authType: 'basic_auth', authId, authUsername: `name of ${authId}`, isActive: true, creationTime: NOW, ...more }
}

function tokenOf(hash: string, more: Partial<OneTimeToken> = {}): OneTimeToken {
  return { kind: 'reset', hash, userId: 'zusr-alice', createdAt: NOW, expiresAt: NOW + MINUTE, data: null, ...more }
}

async function aliceAndBob(directory: Directory): Promise<void> {
  for (const name of ['alice', 'bob']) await directory.createUser(userOf(name), writeOf())
}

export const links: DirectoryChapter = {
  name: 'links',
  cases: {
    'a link finds its user, and is listed with its fields': async ({ directory }) => {
      await aliceAndBob(directory)
      const all = [
        linkOf('zusr-alice', '7'),
        linkOf('zusr-alice', '3'),
        linkOf('zusr-alice', '7', { authType: 'jwt', isActive: false }),
      ]
      for (const link of all) assert.deepEqual(await directory.createLink(link, writeOf()), { outcome: 'done', pending: [] })
      assert.deepEqual(await directory.listLinks('zusr-alice'), all)
      assert.deepEqual(await directory.listLinks('zusr-bob'), [])
      assert.deepEqual(await directory.findUser({ link: { authType: 'basic_auth', authId: '3' } }), userOf('alice'))
      assert.equal(await directory.findUser({ link: { authType: 'basic_auth', authId: '30' } }), undefined)
      assert.equal(await directory.findUser({ link: { authType: 'Basic_auth', authId: '3' } }), undefined)
    },

    'a link that is not active finds nobody': async ({ directory }) => {
      await aliceAndBob(directory)
      await directory.createLink(linkOf('zusr-alice', '7', { isActive: false }), writeOf())
      assert.equal(await directory.findUser({ link: { authType: 'basic_auth', authId: '7' } }), undefined)
    },

    'an external account is linked once, to one user': async ({ directory }) => {
      await aliceAndBob(directory)
      const write = (cid: string) => writeOf({ audit: [recordOf(cid)] })
      const answers = await together(50, (index) =>
        directory.createLink(linkOf(index % 2 === 0 ? 'zusr-alice' : 'zusr-bob', '7'), write(`cid-${index}`)),
      )
      assert.deepEqual([countOf(answers, 'done'), countOf(answers, 'exists')], [1, 49])
      assert.equal((await auditOf(directory)).length, 1)
      assert.deepEqual(await directory.createLink(linkOf('zusr-nobody', '8'), write('nobody')), { outcome: 'missing' })
      assert.equal((await auditOf(directory)).length, 1)
    },

    'a link is removed by its own user id alone, and may then be made again': async ({ directory }) => {
      await aliceAndBob(directory)
      await directory.createLink(linkOf('zusr-alice', '5'), writeOf())
      await directory.createLink(linkOf('zusr-alice', '50'), writeOf())
      assert.deepEqual(await directory.deleteLink(linkOf('zusr-bob', '5'), writeOf()), { outcome: 'missing' })
      assert.deepEqual(await directory.deleteLink(linkOf('zusr-alice', '51'), writeOf()), { outcome: 'missing' })
      assert.deepEqual(await directory.deleteLink(linkOf('zusr-alice', '5'), writeOf()), { outcome: 'done', pending: [] })
      assert.deepEqual(await directory.listLinks('zusr-alice'), [linkOf('zusr-alice', '50')])
      assert.equal((await directory.createLink(linkOf('zusr-bob', '5'), writeOf())).outcome, 'done')
    },
  },
}

export const tokens: DirectoryChapter = {
  name: 'one-time tokens',
  cases: {
    'of 100 concurrent takes one is answered with the token': async ({ directory }) => {
      await aliceAndBob(directory)
      const token = tokenOf('hash', { data: '{"app":"CRM"}' })
      assert.deepEqual(await directory.createToken(token, writeOf(), 'keep'), { outcome: 'done', pending: [] })
      const answers = await together(100, () => directory.takeToken('reset', 'hash', NOW))
      assert.deepEqual(
        answers.filter((answer) => answer !== undefined),
        [token],
      )
      assert.equal(await directory.takeToken('reset', 'hash', NOW), undefined)
    },

    'a token belongs to its kind': async ({ directory }) => {
      await directory.createToken(tokenOf('hash', { userId: null }), writeOf(), 'keep')
      assert.equal(await directory.takeToken('confirm', 'hash', NOW), undefined)
      assert.equal(
        (await directory.createToken(tokenOf('hash', { userId: null, kind: 'confirm' }), writeOf(), 'keep')).outcome,
        'done',
      )
      assert.deepEqual(await directory.takeToken('reset', 'hash', NOW), tokenOf('hash', { userId: null }))
      assert.equal((await directory.takeToken('confirm', 'hash', NOW))?.kind, 'confirm')
    },

    'a token works until the instant it expires, and not at it': async ({ directory }) => {
      await aliceAndBob(directory)
      await directory.createToken(tokenOf('late'), writeOf(), 'keep')
      await directory.createToken(tokenOf('early'), writeOf(), 'keep')
      assert.equal(await directory.takeToken('reset', 'late', NOW + MINUTE), undefined)
      assert.deepEqual(await directory.takeToken('reset', 'early', NOW + MINUTE - 1), tokenOf('early'))
    },

    'a token is made once, and for a user who is there': async ({ directory }) => {
      await aliceAndBob(directory)
      const write = (cid: string) => writeOf({ audit: [recordOf(cid)] })
      const answers = await together(20, (index) => directory.createToken(tokenOf('hash'), write(`cid-${index}`), 'keep'))
      assert.deepEqual([countOf(answers, 'done'), countOf(answers, 'exists')], [1, 19])
      assert.deepEqual(await directory.createToken(tokenOf('other', { userId: 'zusr-nobody' }), write('nobody'), 'keep'), {
        outcome: 'missing',
      })
      assert.equal((await auditOf(directory)).length, 1)
    },

    'a new token cancels those of its kind and user, and no others': async ({ directory }) => {
      await aliceAndBob(directory)
      await directory.createToken(tokenOf('old-1'), writeOf(), 'keep')
      await directory.createToken(tokenOf('old-2'), writeOf(), 'keep')
      await directory.createToken(tokenOf('bobs', { userId: 'zusr-bob' }), writeOf(), 'keep')
      await directory.createToken(tokenOf('nobodys', { userId: null }), writeOf(), 'cancel')
      await directory.createToken(tokenOf('confirms', { kind: 'confirm' }), writeOf(), 'keep')
      await directory.createToken(tokenOf('new'), writeOf(), 'cancel')
      await directory.createToken(tokenOf('nobodys-too', { userId: null }), writeOf(), 'cancel')
      const there = async (kind: string, hash: string) => (await directory.takeToken(kind, hash, NOW)) !== undefined
      assert.deepEqual([await there('reset', 'old-1'), await there('reset', 'old-2')], [false, false])
      for (const hash of ['new', 'bobs', 'nobodys', 'nobodys-too']) assert.ok(await there('reset', hash), hash)
      assert.ok(await there('confirm', 'confirms'))
    },

    'tokens are listed in the order of their bytes, without those that have expired or were taken': async ({ directory }) => {
      await aliceAndBob(directory)
      const kinds = ['reset', 'confirm', 'Reset', 'r', 'ÿ', '\uFF5E', '\u{1F600}', 'with "quotes", [brackets]']
      const all = kinds.flatMap((kind) => ['b', 'a', 'ab', 'B'].map((hash) => tokenOf(hash, { kind, data: `of ${hash}` })))
      for (const token of all) await directory.createToken(token, writeOf(), 'keep')
      await directory.createToken(tokenOf('old', { expiresAt: NOW }), writeOf(), 'keep')
      const bytes = (text: string) => Buffer.from(text)
      const expected = all.toSorted(
        (a, b) => Buffer.compare(bytes(a.kind), bytes(b.kind)) || Buffer.compare(bytes(a.hash), bytes(b.hash)),
      )
      const list = (limit: number) => everyPage({ limit }, (query) => directory.listTokens(query, NOW))
      for (const limit of [1, 3, 100]) assert.deepEqual(await list(limit), expected)
      await directory.takeToken('confirm', 'ab', NOW)
      assert.deepEqual(
        await list(7),
        expected.filter(({ kind, hash }) => kind !== 'confirm' || hash !== 'ab'),
      )
      assert.deepEqual(await directory.listTokens({ limit: 10 }, NOW + MINUTE), { items: [] })
    },

    'a sweep removes expired tokens, so many at a time, and no others': async ({ directory }) => {
      await aliceAndBob(directory)
      for (let index = 0; index < 25; index += 1) await directory.createToken(tokenOf(`gone-${index}`), writeOf(), 'keep')
      await directory.createToken(tokenOf('stays', { expiresAt: NOW + MINUTE + 1 }), writeOf(), 'keep')
      assert.deepEqual(await directory.sweep(NOW, 10), { removed: 0, more: false })
      let [removed, more] = [0, true]
      for (let rounds = 0; more && rounds < 100; rounds += 1) {
        const swept = await directory.sweep(NOW + MINUTE, 10)
        assert.ok(swept.removed <= 10)
        removed += swept.removed
        more = swept.more
      }
      assert.deepEqual([removed, more], [25, false])
      assert.ok((await directory.takeToken('reset', 'stays', NOW + MINUTE)) !== undefined)
    },
  },
}

export const deletion: DirectoryChapter = {
  name: 'deletion',
  cases: {
    'a user takes attributes, links and tokens with them, and nothing of anybody else': async ({ directory }) => {
      await aliceAndBob(directory)
      for (const userId of ['zusr-alice', 'zusr-bob']) {
        await directory.updateAttributes(userId, [{ name: 'a', when: 'always', value: '1' }], LIMITS, writeOf())
        await directory.createLink(linkOf(userId, userId), writeOf())
        await directory.createToken(tokenOf(userId, { userId }), writeOf(), 'keep')
      }
      await directory.createToken(tokenOf('nobodys', { userId: null }), writeOf(), 'keep')
      assert.deepEqual(await directory.deleteUser('zusr-alice', writeOf({ audit: [recordOf('delete')] })), {
        outcome: 'done',
        pending: [],
      })

      assert.equal(await directory.findUser({ userId: 'zusr-alice' }), undefined)
      assert.equal(await directory.findUser({ usernameKey: 'alice' }), undefined)
      assert.equal(await directory.findUser({ link: { authType: 'basic_auth', authId: 'zusr-alice' } }), undefined)
      assert.equal(await directory.loadAttributes('zusr-alice', 'all', NOW), undefined)
      assert.deepEqual(await directory.listLinks('zusr-alice'), [])
      assert.equal(await directory.takeToken('reset', 'zusr-alice', NOW), undefined)
      assert.deepEqual(await auditOf(directory), ['delete'])

      assert.deepEqual(await directory.findUser({ link: { authType: 'basic_auth', authId: 'zusr-bob' } }), userOf('bob'))
      assert.equal((await directory.loadAttributes('zusr-bob', 'all', NOW))?.size, 1)
      assert.ok((await directory.takeToken('reset', 'zusr-bob', NOW)) !== undefined)
      assert.ok((await directory.takeToken('reset', 'nobodys', NOW)) !== undefined)
    },

    'who comes back under the same id finds nothing of before': async ({ directory }) => {
      await aliceAndBob(directory)
      await directory.updateAttributes('zusr-alice', [{ name: 'a', when: 'always', value: '1' }], LIMITS, writeOf())
      await directory.createLink(linkOf('zusr-alice', '7'), writeOf())
      await directory.deleteUser('zusr-alice', writeOf())
      await directory.createUser(userOf('alice'), writeOf())
      assert.deepEqual(await directory.loadAttributes('zusr-alice', 'all', NOW), new Map())
      assert.deepEqual(await directory.listLinks('zusr-alice'), [])
      assert.equal((await directory.createLink(linkOf('zusr-bob', '7'), writeOf())).outcome, 'done')
    },

    'nothing that belongs to a user outlives them, however close the calls': async ({ directory }) => {
      for (let round = 0; round < 20; round += 1) {
        await directory.createUser(userOf('alice'), writeOf())
        await Promise.all([
          directory.createLink(linkOf('zusr-alice', '7'), writeOf()),
          directory.createToken(tokenOf('before'), writeOf(), 'keep'),
          directory.deleteUser('zusr-alice', writeOf()),
          directory.createLink(linkOf('zusr-alice', '8'), writeOf()),
          directory.createToken(tokenOf('after'), writeOf(), 'keep'),
          directory.updateAttributes('zusr-alice', [{ name: 'a', when: 'always', value: '1' }], LIMITS, writeOf()),
        ])
        assert.deepEqual(await directory.listLinks('zusr-alice'), [])
        assert.equal(await directory.takeToken('reset', 'before', NOW), undefined)
        assert.equal(await directory.takeToken('reset', 'after', NOW), undefined)
        assert.equal(await directory.loadAttributes('zusr-alice', 'all', NOW), undefined)
      }
    },

    'a list of tokens refuses a cursor that it did not make, and names the option': async ({ directory }) => {
      await assertOwnCursors((after) => directory.listTokens({ limit: 2, after }, NOW))
      await aliceAndBob(directory)
      for (const hash of ['1', '2', '3']) await directory.createToken(tokenOf(hash), writeOf(), 'keep')
      await assertOwnCursors((after) => directory.listTokens({ limit: 2, after }, NOW))
    },
  },
}
