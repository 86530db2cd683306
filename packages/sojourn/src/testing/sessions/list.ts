// Chapter "list": is every live session in scope listed once, in pages that go on from each other?
import assert from 'node:assert/strict'
import type { NewSession } from '../../engine/store.ts'
import { needing } from '../conformance-cases.ts'
import { attributes, bytes, HOUR, MINUTE, NOW, newSession, principal } from './builders.ts'
import { assertOwnCursors, type Chapter, listed, listedIds } from './chapter.ts'

const idsOf = (sessions: readonly NewSession[]) => sessions.map(({ id }) => id).sort()

export const list: Chapter = {
  name: 'list',
  cases: {
    "lists one principal's, those of guests, or all": async ({ store }) => {
      const [one, two] = [principal(), principal()]
      const ones = Array.from({ length: 7 }, () => newSession(one))
      const twos = Array.from({ length: 3 }, () => newSession(two))
      const guests = Array.from({ length: 5 }, () => newSession(null))
      for (const session of [...ones, ...twos, ...guests]) await store.create(session)
      assert.deepEqual(await listedIds(store, one, NOW), idsOf(ones))
      assert.deepEqual(await listedIds(store, two, NOW), idsOf(twos))
      assert.deepEqual(await listedIds(store, null, NOW), idsOf(guests))
      assert.deepEqual(await listedIds(store, undefined, NOW), idsOf([...ones, ...twos, ...guests]))
      assert.deepEqual(await listedIds(store, principal(), NOW), [])
    },

    'answers headers and history, and no attributes': async ({ store }) => {
      const owner = principal()
      const history = [{ at: NOW, remoteAddr: '192.0.2.1', userAgent: 'A "b"', source: 'login' }]
      const session = newSession(owner, { dataKey: bytes(60), attributes: attributes({ a: '1' }), history })
      await store.create(session)
      const { attributes: _, ...expected } = session
      assert.deepEqual(await listed(store, owner, NOW), [expected])
      assert.deepEqual(await listed(store, undefined, NOW), [expected])
    },

    'goes on from page to page, whatever their length': async ({ store }) => {
      const owner = principal()
      const own = Array.from({ length: 23 }, () => newSession(owner))
      const rest = Array.from({ length: 40 }, (_, index) => newSession(index % 2 === 0 ? null : principal()))
      for (const session of [...own, ...rest]) await store.create(session)
      for (const limit of [1, 2, 7, 23, 24, 1000]) {
        const found = (await listed(store, owner, NOW, limit)).map(({ id }) => id)
        assert.deepEqual([...found].sort(), idsOf(own), `in pages of ${limit}`)
        assert.deepEqual((await listed(store, undefined, NOW, limit)).map(({ id }) => id).sort(), idsOf([...own, ...rest]))
        assert.deepEqual(
          found,
          (await listed(store, owner, NOW, 5)).map(({ id }) => id),
          'the order depends on the length of the pages',
        )
      }
    },

    'leaves out the dead without losing the living': async ({ store }) => {
      const owner = principal()
      const sessions = Array.from({ length: 40 }, (_, index) =>
        newSession(owner, { expiresAt: NOW + (index % 2 === 0 ? MINUTE : HOUR) }),
      )
      for (const session of sessions) await store.create(session)
      const living = sessions.filter((_, index) => index % 2 === 1)
      assert.deepEqual((await listed(store, owner, NOW + MINUTE, 3)).map(({ id }) => id).sort(), idsOf(living))
    },

    'lists each of those that stay, once, while others come and go': async ({ store }) => {
      const owner = principal()
      const staying = Array.from({ length: 30 }, () => newSession(owner))
      const leaving = Array.from({ length: 30 }, () => newSession(owner))
      for (const [index, session] of staying.entries()) {
        await store.create(session)
        await store.create(leaving[index] ?? session)
      }
      const found: string[] = []
      let after: string | undefined
      for (let pages = 0; pages < 1000; pages += 1) {
        const page = await store.list({ principal: owner, limit: 4, ...(after === undefined ? {} : { after }) }, NOW)
        found.push(...page.items.map(({ id }) => id))
        for (const { id } of page.items) if (leaving.some((session) => session.id === id)) await store.delete(id, NOW)
        await store.create(newSession(owner))
        const gone = leaving[pages]
        if (gone !== undefined) await store.delete(gone.id, NOW)
        if (page.next === undefined) break
        after = page.next
      }
      assert.equal(new Set(found).size, found.length, 'a session was listed twice')
      assert.deepEqual(found.filter((id) => staying.some((session) => session.id === id)).sort(), idsOf(staying))
    },

    'refuses a cursor that it did not make, and names the option': async ({ store }) => {
      const owner = principal()
      for (let made = 0; made < 3; made += 1) await store.create(newSession(owner))
      for (const whose of [owner, principal(), null, undefined]) {
        await assertOwnCursors((after) => store.list({ limit: 2, after, ...(whose !== undefined && { principal: whose }) }, NOW))
      }
    },

    'goes on in whoever opens the same data': needing('another', async ({ store }, another) => {
      const owner = principal()
      const own = Array.from({ length: 10 }, () => newSession(owner))
      for (const session of own) await store.create(session)
      const elsewhere = await another()
      try {
        const first = await store.list({ principal: owner, limit: 4 }, NOW)
        assert.ok(first.next !== undefined)
        const found = first.items.map(({ id }) => id)
        for (let after: string | undefined = first.next; after !== undefined; ) {
          const page: Awaited<ReturnType<typeof store.list>> = await elsewhere.list({ principal: owner, limit: 4, after }, NOW)
          found.push(...page.items.map(({ id }) => id))
          after = page.next
        }
        assert.deepEqual(found.sort(), idsOf(own))
      } finally {
        await elsewhere.close()
      }
    }),
  },
}
