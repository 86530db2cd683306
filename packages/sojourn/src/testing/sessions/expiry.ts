// Chapter "expiry": is what has expired absent for every verb, at the same instant?
import assert from 'node:assert/strict'
import { attribute, HOUR, MINUTE, NOW, newSession, principal } from './builders.ts'
import { alive, assertDead, type Chapter, DONE, listed } from './chapter.ts'

const MISSING = { outcome: 'missing' }

export const expiry: Chapter = {
  name: 'expiry',
  cases: {
    'ends a session for every verb at its deadline, not before': async ({ store }) => {
      const owner = principal()
      const session = newSession(owner)
      await store.create(session)
      const last = session.expiresAt - 1
      await alive(store, session.id, last)
      assert.deepEqual(await store.update(session.id, { attributes: [{ name: 'a', when: 'always', value: '1' }] }, last), DONE)
      assert.equal((await listed(store, owner, last)).length, 1)
      const over = session.expiresAt
      await assertDead(store, session.id, over)
      assert.deepEqual(await listed(store, owner, over), [])
      assert.deepEqual(await store.update(session.id, {}, over), MISSING)
      assert.equal(await store.delete(session.id, over), false)
    },

    'does not bring an expired session back': async ({ store }) => {
      const session = newSession(principal())
      await store.create(session)
      const over = session.expiresAt
      assert.deepEqual(await store.update(session.id, { header: { expiresAt: over + HOUR } }, over), MISSING)
      assert.deepEqual(await store.update(session.id, { header: { expiresAt: over + HOUR, touchInterval: 1 } }, over), MISSING)
      await assertDead(store, session.id, over)
    },

    'moves the deadline either way': async ({ store }) => {
      const session = newSession(principal())
      await store.create(session)
      await store.update(session.id, { header: { expiresAt: NOW + 2 * HOUR } }, NOW)
      await alive(store, session.id, NOW + 2 * HOUR - 1)
      await store.update(session.id, { header: { expiresAt: NOW + MINUTE } }, NOW)
      await assertDead(store, session.id, NOW + MINUTE)
    },

    'takes the present instant from its caller alone': async ({ store }) => {
      const session = newSession(principal())
      await store.create(session)
      await assertDead(store, session.id, session.expiresAt)
      await alive(store, session.id, NOW)
    },

    'ends an attribute for every verb at its deadline, not before': async ({ store }) => {
      const session = newSession(principal(), { attributes: new Map([['a', attribute('5', { expiresAt: NOW + MINUTE })]]) })
      await store.create(session)
      const last = NOW + MINUTE - 1
      assert.equal((await alive(store, session.id, last)).attributes.size, 1)
      assert.equal(
        (await store.update(session.id, { attributes: [{ name: 'a', when: 'absent', value: '1' }] }, last)).outcome,
        'conflict',
      )
      const over = NOW + MINUTE
      assert.equal((await alive(store, session.id, over)).attributes.size, 0)
      const named = await alive(store, session.id, over, ['a'])
      assert.equal(named.attributes.size, 0)
      for (const change of [{ value: '1' }, { value: null }, { expiresAt: null }, { add: 1 }]) {
        const outcome = await store.update(session.id, { attributes: [{ name: 'a', when: 'present', ...change }] }, over)
        assert.deepEqual(outcome, { outcome: 'conflict', conflicts: [{ name: 'a', reason: 'absent' }] })
      }
      assert.deepEqual(await store.update(session.id, { attributes: [{ name: 'a', when: 'absent', value: '9' }] }, over), DONE)
      const again = (await alive(store, session.id, over)).attributes.get('a')
      assert.deepEqual([again?.value, again?.createdAt, again?.expiresAt], ['9', over, null])
    },

    'counts an expired number as 0': async ({ store }) => {
      const session = newSession(principal(), { attributes: new Map([['n', attribute('5', { expiresAt: NOW + 1 })]]) })
      await store.create(session)
      const outcome = await store.update(session.id, { attributes: [{ name: 'n', when: 'always', add: 2 }] }, NOW + 1)
      assert.deepEqual(outcome, { outcome: 'done', added: new Map([['n', 2]]) })
      assert.equal((await alive(store, session.id, NOW + 1)).attributes.get('n')?.expiresAt, null)
    },

    'keeps an attribute that is born expired out of sight': async ({ store }) => {
      const session = newSession(principal())
      await store.create(session)
      assert.deepEqual(
        await store.update(session.id, { attributes: [{ name: 'a', when: 'always', value: '1', expiresAt: NOW }] }, NOW),
        DONE,
      )
      assert.equal((await alive(store, session.id, NOW)).attributes.size, 0)
    },

    'ends a tombstone at its deadline': async ({ store }) => {
      const id = newSession(principal()).id
      assert.equal(await store.delete(id, NOW, NOW + MINUTE), false)
      assert.equal(await store.load(id, 'all', NOW + MINUTE - 1), 'ended')
      assert.equal(await store.load(id, 'all', NOW + MINUTE), undefined)
    },

    'keeps the later end of two tombstones': async ({ store }) => {
      const id = newSession(principal()).id
      await store.delete(id, NOW, NOW + HOUR)
      await store.delete(id, NOW, NOW + MINUTE)
      await store.delete(id, NOW)
      assert.equal(await store.load(id, 'header', NOW + HOUR - 1), 'ended')
      await store.delete(id, NOW, NOW + 2 * HOUR)
      assert.equal(await store.load(id, 'header', NOW + HOUR), 'ended')
    },
  },
}
