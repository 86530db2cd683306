// Chapter "revocation": does everything in scope end at once, for good, and nothing else?
import assert from 'node:assert/strict'
import { needing } from '../conformance-cases.ts'
import { attributes, HOUR, NOW, newSession, principal } from './builders.ts'
import { alive, assertDead, type Chapter, DONE, listed, listedIds } from './chapter.ts'

const MISSING = { outcome: 'missing' }

export const revocation: Chapter = {
  name: 'revocation',
  cases: {
    'deletes one session and answers whether it was alive': async ({ store }) => {
      const owner = principal()
      const [gone, other] = [newSession(owner), newSession(owner)]
      await store.create(gone)
      await store.create(other)
      assert.equal(await store.delete(gone.id, NOW), true)
      assert.equal(await store.delete(gone.id, NOW), false)
      await assertDead(store, gone.id, NOW)
      assert.deepEqual(await store.update(gone.id, { attributes: [{ name: 'a', when: 'always', value: '1' }] }, NOW), MISSING)
      await assertDead(store, gone.id, NOW)
      await alive(store, other.id, NOW)
    },

    'ends the sessions of one principal': async ({ store }) => {
      const [owner, other] = [principal(), principal()]
      const own = [newSession(owner), newSession(owner)]
      const others = [newSession(other), newSession(null)]
      for (const session of [...own, ...others]) await store.create(session)
      await store.revoke({ principal: owner }, NOW)
      for (const { id } of own) {
        await assertDead(store, id, NOW)
        assert.deepEqual(await store.update(id, { header: { expiresAt: NOW + 9 * HOUR } }, NOW), MISSING)
        await assertDead(store, id, NOW)
      }
      for (const { id } of others) await alive(store, id, NOW)
      assert.deepEqual(await listed(store, owner, NOW), [])
      const later = newSession(owner)
      assert.deepEqual(await store.create(later), DONE)
      await alive(store, later.id, NOW)
      for (const { id } of own) assert.equal(await store.delete(id, NOW), false)
    },

    'ends the sessions of guests, or of all': async ({ store }) => {
      const sessions = { guest: newSession(null), user: newSession(principal()) }
      await store.create(sessions.guest)
      await store.create(sessions.user)
      await store.revoke('guests', NOW)
      await assertDead(store, sessions.guest.id, NOW)
      await alive(store, sessions.user.id, NOW)
      const next = newSession(null)
      await store.create(next)
      await alive(store, next.id, NOW)
      await store.revoke('all', NOW)
      for (const { id } of [sessions.guest, sessions.user, next]) await assertDead(store, id, NOW)
      assert.deepEqual(await listed(store, undefined, NOW), [])
      const last = newSession(principal())
      await store.create(last)
      await alive(store, last.id, NOW)
    },

    'ends sessions wherever their ids begin': async ({ store }) => {
      const sessions = Array.from({ length: 300 }, (_, index) => newSession(index % 2 === 0 ? null : principal()))
      await Promise.all(sessions.map((session) => store.create(session)))
      await store.revoke('guests', NOW)
      const users = sessions.filter((session) => session.principal !== null).map(({ id }) => id)
      assert.deepEqual(await listedIds(store, undefined, NOW), users.sort())
      await store.revoke('all', NOW)
      const found = await Promise.all(sessions.map(({ id }) => store.load(id, 'header', NOW)))
      assert.equal(found.filter((each) => each !== undefined).length, 0)
    },

    'spares the one session it is told to': async ({ store }) => {
      const owner = principal()
      const [current, other] = [newSession(owner, { attributes: attributes({ a: '1' }) }), newSession(owner)]
      await store.create(current)
      await store.create(other)
      for (let round = 0; round < 3; round += 1) await store.revoke({ principal: owner, except: current.id }, NOW)
      assert.deepEqual((await alive(store, current.id, NOW)).attributes, current.attributes)
      await assertDead(store, other.id, NOW)
      assert.deepEqual(await listedIds(store, owner, NOW), [current.id])
      await store.revoke('all', NOW)
      await assertDead(store, current.id, NOW)
    },

    'spares nobody who is dead, gone, or somebody else': async ({ store }) => {
      const [owner, other] = [principal(), principal()]
      const dead = newSession(owner)
      const foreign = newSession(other)
      await store.create(dead)
      await store.create(foreign)
      await store.revoke({ principal: owner }, NOW)
      await store.revoke({ principal: other }, NOW)
      await store.revoke({ principal: owner, except: dead.id }, NOW)
      await assertDead(store, dead.id, NOW)
      await store.revoke({ principal: owner, except: foreign.id }, NOW)
      await store.revoke({ principal: owner, except: newSession(owner).id }, NOW)
      await assertDead(store, dead.id, NOW)
      await assertDead(store, foreign.id, NOW)
      assert.equal((await store.counters(owner)).generation, 4)

      const [swept, expired] = [newSession(owner), newSession(owner)]
      await store.create(swept)
      await store.create(expired)
      await store.revoke('all', NOW)
      await store.revoke({ principal: owner, except: swept.id }, NOW)
      await assertDead(store, swept.id, NOW)
      await store.revoke({ principal: owner, except: expired.id }, expired.expiresAt)
      await assertDead(store, expired.id, expired.expiresAt)
    },

    'leaves the id free of a session that was spared when it had expired': async ({ store }) => {
      const owner = principal()
      const session = newSession(owner)
      await store.create(session)
      const end = session.expiresAt
      await store.revoke({ principal: owner, except: session.id }, end)
      await assertDead(store, session.id, end)
      const again = { ...newSession(owner), id: session.id, createdAt: end, expiresAt: end + HOUR }
      assert.deepEqual(await store.create(again), DONE)
      assert.equal((await alive(store, session.id, end)).createdAt, end)
    },

    'moves the counter that was meant': async ({ store }) => {
      const [owner, other] = [principal(), principal()]
      await store.bump(owner)
      await store.revoke({ principal: owner }, NOW)
      await store.bump(owner)
      assert.deepEqual(await store.counters(owner), { generation: 1, version: 2 })
      assert.deepEqual(await store.counters(other), { generation: 0, version: 0 })
      await store.revoke('guests', NOW)
      await store.revoke('all', NOW)
      assert.equal((await store.counters(owner)).generation, 1)
    },

    "answers the principal's version with every load": async ({ store }) => {
      const owner = principal()
      const session = newSession(owner)
      await store.create(session)
      assert.equal((await alive(store, session.id, NOW)).version, 0)
      await store.bump(owner)
      await store.bump(owner)
      assert.equal((await alive(store, session.id, NOW)).version, 2)
      const header = await alive(store, session.id, NOW, 'header')
      assert.equal(header.version, 2)
    },

    'tells a tombstone from nothing at all': async ({ store }) => {
      const session = newSession(principal())
      await store.create(session)
      assert.equal(await store.delete(session.id, NOW, NOW + HOUR), true)
      for (const want of ['header', 'all', ['a']] as const) assert.equal(await store.load(session.id, want, NOW), 'ended')
      assert.equal(await store.delete(session.id, NOW), false)
      assert.equal(await store.load(newSession(null).id, 'all', NOW), undefined)
      assert.deepEqual(await listed(store, undefined, NOW), [])
    },

    'is in force for everybody who opens the same data': needing('another', async ({ store }, another) => {
      const owner = principal()
      const [one, two, guest] = [newSession(owner), newSession(owner), newSession(null)]
      for (const session of [one, two, guest]) await store.create(session)
      const elsewhere = await another()
      try {
        await alive(elsewhere, one.id, NOW)
        await elsewhere.delete(one.id, NOW)
        await assertDead(store, one.id, NOW)
        await elsewhere.revoke({ principal: owner }, NOW)
        await assertDead(store, two.id, NOW)
        await store.revoke('guests', NOW)
        await assertDead(elsewhere, guest.id, NOW)
      } finally {
        await elsewhere.close()
      }
    }),
  },
}
