// Do two processes on the same data see one directory?
import assert from 'node:assert/strict'
import type { Directory } from '../../sso/directory.ts'
import { type ConditionalCase, needing } from '../conformance-cases.ts'
import { MINUTE, NOW, newSession, principal } from '../sessions/builders.ts'
import {
  auditOf,
  countOf,
  type DirectoryChapter,
  namesOf,
  type OpenedDirectory,
  recordOf,
  together,
  userOf,
  writeOf,
} from './directory-chapter.ts'

const ALICE = principal('zusr-alice')

/** A case for data that somebody else can open as well. */
function withAnother(run: (one: Directory, two: Directory) => Promise<void>): ConditionalCase<OpenedDirectory, undefined> {
  return needing('another', async ({ directory }, another) => {
    const second = await another()
    try {
      await run(directory, second)
    } finally {
      await second.close()
    }
  })
}

export const shared: DirectoryChapter = {
  name: 'shared',
  cases: {
    'what one wrote the other reads at once': withAnother(async (one, two) => {
      await one.createUser(userOf('alice'), writeOf({ audit: [recordOf('cid')] }))
      assert.deepEqual(await two.findUser({ usernameKey: 'alice' }), userOf('alice'))
      await two.updateUser('zusr-alice', { firstName: 'Alice' }, writeOf())
      assert.equal((await one.findUser({ userId: 'zusr-alice' }))?.firstName, 'Alice')
      assert.deepEqual(await auditOf(two), ['cid'])
    }),

    'of concurrent users of one name in two processes one is made, and one first user': withAnother(async (one, two) => {
      const sides = [one, two]
      const side = (index: number) => sides[index % 2] ?? one
      const first = await together(40, (index) => side(index).createUser(userOf(`admin-${index}`), writeOf(), 'when-empty'))
      assert.deepEqual([countOf(first, 'done'), countOf(first, 'exists')], [1, 39])
      const named = await together(100, (index) =>
        side(index).createUser(userOf('alice', { userId: `zusr-${index}` }), writeOf({ audit: [recordOf(`cid-${index}`)] })),
      )
      assert.deepEqual([countOf(named, 'done'), countOf(named, 'exists')], [1, 99])
      assert.equal((await namesOf(two)).length, 2)
      assert.equal((await auditOf(one)).length, 1)
    }),

    'a token is taken once, and an attribute counted once, by two processes': withAnother(async (one, two) => {
      const side = (index: number) => (index % 2 === 0 ? one : two)
      await one.createUser(userOf('alice'), writeOf())
      const token = { kind: 'k', hash: 'h', userId: 'zusr-alice', createdAt: NOW, expiresAt: NOW + MINUTE, data: null }
      await one.createToken(token, writeOf(), 'keep')
      const taken = await together(100, (index) => side(index).takeToken('k', 'h', NOW))
      assert.equal(taken.filter((each) => each !== undefined).length, 1)
      const limits = { attributes: 10, bytes: 1000 }
      await together(100, (index) =>
        side(index).updateAttributes('zusr-alice', [{ name: 'n', when: 'always', add: 1 }], limits, writeOf()),
      )
      assert.equal((await two.loadAttributes('zusr-alice', 'all', NOW))?.get('n')?.value, '100')
    }),

    'of two super-users who are locked by two processes under the guard one stays': withAnother(async (one, two) => {
      await one.createUser(userOf('ada', { isSuperUser: true }), writeOf())
      await one.createUser(userOf('bob', { isSuperUser: true }), writeOf())
      for (let round = 0; round < 10; round += 1) {
        const guard = { guard: 'last-super-user' } as const
        const answers = await Promise.all([
          one.updateUser('zusr-ada', { isLocked: true }, writeOf(), guard),
          two.updateUser('zusr-bob', { isLocked: true }, writeOf(), guard),
        ])
        assert.deepEqual([countOf(answers, 'done'), countOf(answers, 'last-super-user')], [1, 1])
        await one.updateUser('zusr-ada', { isLocked: false }, writeOf())
        await two.updateUser('zusr-bob', { isLocked: false }, writeOf())
      }
    }),

    'a revocation applied here is in force for the other, and rows kept for later are seen by it': withAnother(
      async (one, two) => {
        await one.createUser(userOf('alice'), writeOf())
        const kept = await one.updateUser('zusr-alice', {}, writeOf({ effects: [{ kind: 'bump', principal: ALICE }] }))
        assert.ok(kept.outcome === 'done')
        assert.deepEqual(await two.pendingEffects(10), kept.pending)
        await two.settleEffects(kept.pending.map(({ id }) => id))
        assert.deepEqual(await one.pendingEffects(10), [])
        if (one.sessions === null || two.sessions === null) return
        const session = newSession(ALICE)
        await two.sessions.create(session)
        await one.updateUser('zusr-alice', {}, writeOf({ effects: [{ kind: 'revoke', principal: ALICE }], applyEffects: 'here' }))
        assert.notEqual(typeof (await two.sessions.load(session.id, 'header', NOW)), 'object')
      },
    ),

    'both keep one installation key': withAnother(async (one, two) => {
      const answers = await together(20, (index) =>
        (index % 2 === 0 ? one : two).installationKey(new Uint8Array(32).fill(index + 1)),
      )
      for (const answer of answers) assert.deepEqual(answer, answers[0])
    }),
  },
}
