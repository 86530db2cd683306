// Chapter "changes": do the fields of a session change only as expected, and are limits held?
import assert from 'node:assert/strict'
import type { AttributeLimits, SessionChange } from '../../engine/store.ts'
import { attribute, attributes, bytes, HOUR, MINUTE, NOW, newSession, principal, SECOND } from './builders.ts'
import { alive, type Chapter, DONE, valuesOf } from './chapter.ts'

const SUPERSEDED = { outcome: 'superseded' }

export const changes: Chapter = {
  name: 'changes',
  cases: {
    'changes the fields it is given and no others': async ({ store }) => {
      const session = newSession(principal(), { attributes: attributes({ a: '1' }) })
      await store.create(session)
      const { history: _, ...created } = session
      const rotated = {
        expiresAt: NOW + 2 * HOUR,
        absoluteAt: NOW + 3 * HOUR,
        renewAt: NOW + MINUTE,
        secretHash: 'new-hash',
        previousHash: session.secretHash,
        successor: bytes(90),
        graceEndsAt: NOW + 30 * SECOND,
        dataKey: bytes(60, 1),
        previousDataKey: bytes(60, 2),
        details: {
          remoteAddr: '198.51.100.4',
          userAgent: 'Other',
          app: 'Billing',
          authType: 'x',
          methods: ['otp'],
          authenticatedAt: null,
        },
      }
      assert.deepEqual(await store.update(session.id, { header: rotated }, NOW), DONE)
      assert.deepEqual(await alive(store, session.id, NOW), { ...created, ...rotated, version: 0 })
      const erased = {
        renewAt: null,
        previousHash: null,
        successor: null,
        graceEndsAt: null,
        dataKey: null,
        previousDataKey: null,
      }
      assert.deepEqual(await store.update(session.id, { header: erased }, NOW), DONE)
      assert.deepEqual(await alive(store, session.id, NOW), { ...created, ...rotated, ...erased, version: 0 })
      assert.deepEqual(await store.update(session.id, {}, NOW), DONE)
      assert.deepEqual(await alive(store, session.id, NOW), { ...created, ...rotated, ...erased, version: 0 })
    },

    'pushes a deadline only by an interval or more, the rest of the change all the same': async ({ store }) => {
      const session = newSession(principal())
      await store.create(session)
      const touch = (expiresAt: number, rest: SessionChange['header'] = {}) =>
        store.update(session.id, { header: { expiresAt, touchInterval: 5 * MINUTE, ...rest } }, NOW)
      const deadline = async () => (await alive(store, session.id, NOW)).expiresAt - NOW
      assert.deepEqual(await touch(NOW + HOUR + 5 * MINUTE - 1, { renewAt: 1 }), DONE)
      assert.equal(await deadline(), HOUR)
      assert.equal((await alive(store, session.id, NOW)).renewAt, 1)
      assert.deepEqual(await touch(NOW + HOUR + 5 * MINUTE), DONE)
      assert.equal(await deadline(), HOUR + 5 * MINUTE)
      assert.deepEqual(await touch(NOW + HOUR), DONE)
      assert.equal(await deadline(), HOUR + 5 * MINUTE)
      assert.deepEqual(await store.update(session.id, { header: { expiresAt: NOW + MINUTE } }, NOW), DONE)
      assert.equal(await deadline(), MINUTE)
    },

    'refuses what an expectation no longer fits, before it looks at attributes': async ({ store }) => {
      const owner = principal()
      const session = newSession(owner, { secretHash: 'one', attributes: attributes({ a: '1' }) })
      await store.create(session)
      const before = await alive(store, session.id, NOW)
      const inTheWay = { attributes: [{ name: 'a', when: 'absent', value: '2' }] } as const
      for (const expect of [{ secretHash: 'two' }, { version: 1 }, { secretHash: 'one', version: 7 }]) {
        assert.deepEqual(await store.update(session.id, { expect, header: { renewAt: 5 } }, NOW), SUPERSEDED)
        assert.deepEqual(await store.update(session.id, { expect, ...inTheWay }, NOW), SUPERSEDED)
      }
      assert.deepEqual(await alive(store, session.id, NOW), before)
      const expect = { secretHash: 'one', version: 0, dataKey: 'absent' } as const
      assert.deepEqual(await store.update(session.id, { expect, header: { dataKey: bytes(3) } }, NOW), DONE)
      assert.deepEqual(await store.update(session.id, { expect, header: { dataKey: bytes(4) } }, NOW), SUPERSEDED)
      assert.deepEqual((await alive(store, session.id, NOW)).dataKey, bytes(3))
      await store.bump(owner)
      assert.deepEqual(await store.update(session.id, { expect: { version: 0 } }, NOW), SUPERSEDED)
      assert.deepEqual(await store.update(session.id, { expect: { version: 1 } }, NOW), DONE)
    },

    "counts a guest's version as 0": async ({ store }) => {
      const session = newSession(null)
      await store.create(session)
      assert.deepEqual(await store.update(session.id, { expect: { version: 0 } }, NOW), DONE)
      assert.deepEqual(await store.update(session.id, { expect: { version: 1 } }, NOW), SUPERSEDED)
    },

    'answers missing before anything else': async ({ store }) => {
      const session = newSession(principal())
      await store.create(session)
      await store.delete(session.id, NOW, NOW + HOUR)
      const change: SessionChange = { expect: { secretHash: 'x' }, attributes: [{ name: 'a', when: 'present', value: '1' }] }
      for (const id of [session.id, newSession(null).id])
        assert.deepEqual(await store.update(id, change, NOW), { outcome: 'missing' })
    },

    'limits the number of attributes': async ({ store }) => {
      const session = newSession(principal(), {
        attributes: new Map([...attributes({ a: '1', b: '1' }), ['old', attribute('1', { expiresAt: NOW + 1 })]]),
      })
      await store.create(session)
      const set = (names: readonly string[], most: number, gone: readonly string[] = []) =>
        store.update(
          session.id,
          {
            attributes: [
              ...names.map((name) => ({ name, when: 'always', value: '2' }) as const),
              ...gone.map((name) => ({ name, when: 'always', value: null }) as const),
            ],
            limits: { attributes: most, bytes: 1e6 },
          },
          NOW + 1,
        )
      assert.deepEqual(await set(['c', 'd'], 3), { outcome: 'full', limit: 'attributes' })
      assert.deepEqual(await valuesOf(store, session.id, NOW + 1), { a: '1', b: '1' })
      assert.deepEqual(await set(['c'], 3), DONE)
      assert.deepEqual(await set(['d'], 3), { outcome: 'full', limit: 'attributes' })
      assert.deepEqual(await set(['d'], 3, ['a']), DONE)
      assert.deepEqual(await set(['b', 'c'], 1), DONE)
      assert.deepEqual(await set(['e'], 1, ['b']), DONE)
      assert.deepEqual(await set([], 1, ['c']), DONE)
      assert.deepEqual(Object.keys(await valuesOf(store, session.id, NOW + 1)).sort(), ['d', 'e'])
    },

    'limits the bytes of names and values': async ({ store }) => {
      const session = newSession(principal(), { attributes: attributes({ é: '名', s: bytes(10) }) })
      await store.create(session)
      const limits = (most: number): AttributeLimits => ({ attributes: 100, bytes: most })
      const set = (name: string, value: string | Uint8Array | null, most: number) =>
        store.update(session.id, { attributes: [{ name, when: 'always', value }], limits: limits(most) }, NOW)
      const full = { outcome: 'full', limit: 'bytes' }
      assert.deepEqual(await set('n', '😀', 20), full) // 2 + 3, 1 + 10, 1 + 4
      assert.deepEqual(await set('n', '😀', 21), DONE)
      assert.deepEqual(await set('s', bytes(11), 21), full)
      assert.deepEqual(await set('s', bytes(10, 3), 5), DONE)
      assert.deepEqual(await set('s', bytes(9), 5), DONE)
      assert.deepEqual(await set('s', null, 5), DONE)
      assert.deepEqual(await set('t', '', 10), full)
      assert.deepEqual(await set('t', '', 11), DONE)
    },

    'names a conflict rather than a limit': async ({ store }) => {
      const session = newSession(principal(), { attributes: attributes({ a: '1' }) })
      await store.create(session)
      const change: SessionChange = {
        attributes: [
          { name: 'a', when: 'absent', value: '1' },
          { name: 'b', when: 'absent', value: '1' },
        ],
        limits: { attributes: 1, bytes: 1 },
      }
      assert.equal((await store.update(session.id, change, NOW)).outcome, 'conflict')
    },
  },
}
