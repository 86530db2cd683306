// Chapter "create": is a new session kept as it was given, once, and under the counters that were read?
import assert from 'node:assert/strict'
import { appendHistory } from '../../engine/attributes/apply-change.ts'
import type { Interaction } from '../../engine/store.ts'
import { attribute, attributes, bytes, HOUR, MINUTE, NOW, newSession, principal } from './builders.ts'
import { alive, type Chapter, DONE, listed } from './chapter.ts'

export const create: Chapter = {
  name: 'create',
  cases: {
    'answers every field as it was given': async ({ store }) => {
      const owner = principal('Jürgen "J" O\'Neil \\ 名前')
      const session = newSession(owner, {
        sliding: true,
        details: {
          remoteAddr: '2001:db8::1',
          userAgent: 'Ägent/1.0 ("x"; 名前 😀)',
          app: 'Billing',
          authType: 'basic_auth',
          methods: ['pwd', 'otp'],
          authenticatedAt: NOW - 5,
        },
        renewAt: NOW + 10 * MINUTE,
        previousHash: 'previous-hash',
        successor: bytes(256),
        graceEndsAt: NOW + 30_000,
        dataKey: bytes(60, 7),
        previousDataKey: bytes(60, 9),
        attributes: new Map([
          [
            'plain',
            attribute('{"a":[1,"é",null]}', { createdAt: NOW - 2, modifiedAt: NOW - 1, expiresAt: NOW + MINUTE, revision: 7 }),
          ],
          ['changed', attribute('1', { createdAt: NOW + 4, modifiedAt: NOW + 9 })],
          ['later', attribute('2', { createdAt: NOW + 5, modifiedAt: NOW + 5 })],
          ['sealed', attribute(bytes(256), { createdAt: NOW - 9, modifiedAt: NOW + 3, revision: 2 })],
        ]),
      })
      assert.deepEqual(await store.create(session), DONE)
      const { history: _, ...expected } = session
      assert.deepEqual(await alive(store, session.id, NOW), { ...expected, version: 0 })
      assert.deepEqual(await alive(store, session.id, NOW, 'header'), { ...expected, attributes: new Map(), version: 0 })
    },

    'answers what is empty as empty': async ({ store }) => {
      const session = newSession(null, {
        details: { remoteAddr: '', userAgent: '', app: '', authType: '', methods: [], authenticatedAt: null },
      })
      assert.deepEqual(await store.create(session), DONE)
      const { history: _, ...expected } = session
      assert.deepEqual(await alive(store, session.id, NOW), { ...expected, version: 0 })
    },

    'keeps values whatever they are': async ({ store }) => {
      const given = attributes({
        empty: '',
        'no-bytes': new Uint8Array(0),
        'every-byte': bytes(256),
        quotes: '"it\'s" \\ \\u0000 \n\t %',
        unicode: 'é 名前 😀 \u2028 \u200f',
        number: '-12.5e3',
        looksSealed: '["AAEC"]',
        long: 'x'.repeat(200_000),
      })
      const session = newSession(principal(), { attributes: given })
      await store.create(session)
      assert.deepEqual((await alive(store, session.id, NOW)).attributes, given)
    },

    'keeps names whatever they are': async ({ store }) => {
      const names = [
        '__proto__',
        'constructor',
        'toString',
        '0',
        '17',
        'a.b',
        'a b',
        '"',
        "'",
        '\\',
        '%',
        '{x}',
        '[0]',
        'É',
        '名前',
        '😀',
        'N',
        'n',
        'x'.repeat(191),
      ]
      const session = newSession(principal(), { attributes: new Map(names.map((name) => [name, attribute(name)])) })
      await store.create(session)
      assert.deepEqual((await alive(store, session.id, NOW)).attributes, session.attributes)
      for (const name of names) {
        const one = await alive(store, session.id, NOW, [name])
        assert.deepEqual([...one.attributes], [[name, attribute(name)]])
      }
      const none = await alive(store, session.id, NOW, ['hasOwnProperty', 'valueOf', '1'])
      assert.equal(none.attributes.size, 0)
    },

    'keeps 2,000 attributes, and 1 MiB': async ({ store }) => {
      const many = newSession(principal(), {
        attributes: new Map(Array.from({ length: 2000 }, (_, index) => [`name-${index}`, attribute(`${index}`)])),
      })
      const large = newSession(principal(), {
        attributes: attributes({
          a: 'x'.repeat(256 * 1024),
          b: bytes(256 * 1024),
          c: 'y'.repeat(256 * 1024),
          d: bytes(255 * 1024),
        }),
      })
      for (const session of [many, large]) {
        assert.deepEqual(await store.create(session), DONE)
        assert.deepEqual((await alive(store, session.id, NOW)).attributes, session.attributes)
      }
    },

    'keeps the latest 100 entries of a history': async ({ store }) => {
      const at = (index: number): Interaction => ({
        at: NOW + index,
        remoteAddr: `192.0.2.${index}`,
        userAgent: `Agent "${index}"`,
        source: 'login',
      })
      const history = Array.from({ length: 99 }, (_, index) => at(index))
      const owner = principal()
      const session = newSession(owner, { history })
      await store.create(session)
      let expected: readonly Interaction[] = history
      assert.deepEqual((await listed(store, owner, NOW))[0]?.history, expected)
      for (let index = 99; index < 103; index += 1) {
        expected = appendHistory(expected, at(index))
        assert.deepEqual(await store.update(session.id, { header: { interaction: at(index) } }, NOW), DONE)
        assert.deepEqual((await listed(store, owner, NOW))[0]?.history, expected)
      }
    },

    'refuses an id that is taken, by the living or the revoked, and leaves it alone': async ({ store }) => {
      const owner = principal()
      const first = newSession(owner, { attributes: attributes({ mine: '1' }) })
      await store.create(first)
      assert.deepEqual(await store.create({ ...newSession(owner), id: first.id }), { outcome: 'exists' })
      assert.deepEqual((await alive(store, first.id, NOW)).attributes, first.attributes)
      await store.revoke({ principal: owner }, NOW)
      assert.deepEqual(await store.create({ ...newSession(owner), id: first.id }), { outcome: 'exists' })
      const later = { ...newSession(owner), id: first.id, createdAt: NOW + 2 * HOUR, expiresAt: NOW + 3 * HOUR }
      assert.deepEqual(await store.create(later), { outcome: 'exists' })
      assert.equal(await store.load(first.id, 'header', NOW), undefined)
    },

    'replaces a session that has expired, whole, from the instant at which it did': async ({ store }) => {
      for (const owner of [principal(), null]) {
        const first = newSession(owner, {
          dataKey: bytes(60),
          attributes: attributes({ old: '1' }),
          history: [{ at: NOW, remoteAddr: '', userAgent: '', source: 'login' }],
        })
        await store.create(first)
        await alive(store, first.id, NOW)
        const again = (createdAt: number) => ({
          ...newSession(owner),
          id: first.id,
          createdAt,
          expiresAt: NOW + 3 * HOUR,
          attributes: attributes({ mine: '2' }),
        })
        assert.deepEqual(await store.create(again(NOW + HOUR - 1)), { outcome: 'exists' })
        assert.equal((await alive(store, first.id, NOW + HOUR - 1)).attributes.has('old'), true)
        if (owner !== null) {
          const { generation, version } = await store.counters(owner)
          const stale = { generation, version: version + 1 }
          assert.deepEqual(await store.create(again(NOW + HOUR), stale), { outcome: 'superseded' })
        }
        const second = again(NOW + HOUR)
        assert.deepEqual(await store.create(second), DONE)
        const { history: _, ...expected } = second
        assert.deepEqual(await alive(store, first.id, NOW + HOUR), { ...expected, version: 0 })
        const found = (await listed(store, owner, NOW + HOUR)).filter(({ id }) => id === first.id)
        assert.deepEqual(
          found.map(({ createdAt, history }) => ({ createdAt, history })),
          [{ createdAt: NOW + HOUR, history: [] }],
        )
        await store.sweep(NOW + HOUR, 50)
        assert.deepEqual((await alive(store, first.id, NOW + HOUR)).attributes, second.attributes)
      }
    },

    'refuses the id of a tombstone until that has ended': async ({ store }) => {
      const owner = principal()
      const session = newSession(owner)
      await store.create(session)
      assert.equal(await store.delete(session.id, NOW, NOW + HOUR), true)
      assert.deepEqual(await store.create({ ...session, createdAt: NOW + HOUR - 1, expiresAt: NOW + 3 * HOUR }), {
        outcome: 'exists',
      })
      assert.equal(await store.load(session.id, 'all', NOW + HOUR - 1), 'ended')
      const again = { ...session, createdAt: NOW + HOUR, expiresAt: NOW + 3 * HOUR }
      assert.deepEqual(await store.create(again), DONE)
      assert.equal((await alive(store, session.id, NOW + HOUR)).createdAt, NOW + HOUR)
    },

    'frees the id of a deleted session': async ({ store }) => {
      const session = newSession(principal(), {
        attributes: attributes({ old: '1' }),
        history: [{ at: NOW, remoteAddr: '', userAgent: '', source: 'login' }],
      })
      await store.create(session)
      await store.delete(session.id, NOW)
      assert.deepEqual(await store.create({ ...session, attributes: new Map(), history: [] }), DONE)
      const [only] = await listed(store, undefined, NOW)
      assert.deepEqual(only?.history, [])
      assert.equal((await alive(store, session.id, NOW)).attributes.size, 0)
    },

    'creates under the counters that were read, and not when they have moved': async ({ store }) => {
      const owner = principal()
      assert.deepEqual(await store.counters(owner), { generation: 0, version: 0 })
      assert.deepEqual(await store.create(newSession(owner), { generation: 0, version: 0 }), DONE)
      const read = await store.counters(owner)
      await store.bump(owner)
      const late = newSession(owner)
      assert.deepEqual(await store.create(late, read), { outcome: 'superseded' })
      assert.deepEqual(await store.create(late, await store.counters(owner)), DONE)
      const before = await store.counters(owner)
      await store.revoke({ principal: owner }, NOW)
      const later = newSession(owner)
      assert.deepEqual(await store.create(later, before), { outcome: 'superseded' })
      assert.equal(await store.load(later.id, 'header', NOW), undefined)
      assert.deepEqual(await store.create(later, await store.counters(owner)), DONE)
      assert.equal((await alive(store, later.id, NOW)).version, 1)
    },

    'is not held up by what happens to others': async ({ store }) => {
      const owner = principal()
      const read = await store.counters(owner)
      await store.bump(principal())
      await store.revoke({ principal: principal() }, NOW)
      await store.revoke('guests', NOW)
      assert.deepEqual(await store.create(newSession(owner), read), DONE)
    },
  },
}
