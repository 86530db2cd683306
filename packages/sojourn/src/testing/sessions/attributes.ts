// Chapter "attributes": does every change of an attribute come to what it says, whole or not at all?
import assert from 'node:assert/strict'
import type { AttributeChange, AttributeConflict, Outcome, SessionStore, StoredAttribute, Want } from '../../engine/store.ts'
import { attribute, attributes, bytes, HOUR, MINUTE, NOW, newSession, principal, SECOND } from './builders.ts'
import { alive, type Chapter, DONE, valuesOf } from './chapter.ts'

/** A live session that holds these attributes. */
export async function holding(store: SessionStore, held: ReadonlyMap<string, StoredAttribute>): Promise<string> {
  const session = newSession(principal(), { attributes: held })
  assert.deepEqual(await store.create(session), DONE)
  return session.id
}

export function conflict(...conflicts: readonly (readonly [string, AttributeConflict['reason']])[]): Outcome {
  return { outcome: 'conflict', conflicts: conflicts.map(([name, reason]) => ({ name, reason })) }
}

/** What each change comes to on an attribute that is there (`'old'`), was never there, or has expired: a value, no attribute, a refusal. */
const CHANGES: readonly [Omit<AttributeChange, 'name'>, there: string | null | 'exists', absent: string | null | 'absent'][] = [
  [{ when: 'always', value: 'new' }, 'new', 'new'],
  [{ when: 'always', value: null }, null, null],
  [{ when: 'always', expiresAt: NOW + HOUR }, 'old', null],
  [{ when: 'present', value: 'new' }, 'new', 'absent'],
  [{ when: 'present', value: null }, null, 'absent'],
  [{ when: 'present', expiresAt: null }, 'old', 'absent'],
  [{ when: 'absent', value: 'new' }, 'exists', 'new'],
  [{ when: 'absent', value: 'new', expiresAt: NOW + HOUR }, 'exists', 'new'],
]

export const attributeChanges: Chapter = {
  name: 'attributes',
  cases: {
    'creates, updates, sets and removes what is there, absent or expired': async ({ store }) => {
      for (const [change, there, absent] of CHANGES) {
        for (const present of [attribute('old'), undefined, attribute('gone', { expiresAt: NOW + SECOND })]) {
          const now = NOW + SECOND
          const id = await holding(store, new Map(present === undefined ? [] : [['a', present]]))
          const expected = present?.value === 'old' ? there : absent
          const refused = expected === 'exists' || expected === 'absent'
          const what = `${JSON.stringify(change)} on ${JSON.stringify(present?.value)}`
          assert.deepEqual(
            await store.update(id, { attributes: [{ name: 'a', ...change }] }, now),
            refused ? conflict(['a', expected]) : DONE,
            what,
          )
          const value = (await alive(store, id, now)).attributes.get('a')?.value
          assert.equal(value, refused ? (present?.value === 'old' ? 'old' : undefined) : (expected ?? undefined), what)
        }
      }
    },

    'names every attribute in the way, in their order, and changes nothing': async ({ store }) => {
      const id = await holding(store, attributes({ a: '1', s: bytes(8), text: '"x"' }))
      const before = await alive(store, id, NOW)
      const outcome = await store.update(
        id,
        {
          header: {
            expiresAt: NOW + 2 * HOUR,
            dataKey: bytes(4),
            interaction: { at: NOW, remoteAddr: '', userAgent: '', source: '' },
          },
          attributes: [
            { name: 'fine', when: 'always', value: '1' },
            { name: 'text', when: 'always', add: 1 },
            { name: 'missing', when: 'present', value: '1' },
            { name: 's', when: 'always', value: 'plain' },
            { name: 'a', when: 'absent', value: '2' },
          ],
        },
        NOW,
      )
      assert.deepEqual(outcome, conflict(['text', 'not-a-number'], ['missing', 'absent'], ['s', 'sealed'], ['a', 'exists']))
      assert.deepEqual(await alive(store, id, NOW), before)
      assert.deepEqual((await store.list({ limit: 10 }, NOW)).items.find((item) => item.id === id)?.history, [])
    },

    'gives the first of several reasons': async ({ store }) => {
      const id = await holding(store, attributes({ s: bytes(8), t: '"x"' }))
      const outcome = await store.update(
        id,
        {
          attributes: [
            { name: 's', when: 'absent', value: 'p', revision: 9 },
            { name: 't', when: 'present', add: 1, revision: 9 },
            { name: 'u', when: 'present', value: 'p', revision: 9 },
          ],
        },
        NOW,
      )
      assert.deepEqual(outcome, conflict(['s', 'exists'], ['t', 'revision'], ['u', 'absent']))
    },

    'replaces a sealed value by plain text only when told to': async ({ store }) => {
      const id = await holding(store, attributes({ s: bytes(8) }))
      assert.deepEqual(
        await store.update(id, { attributes: [{ name: 's', when: 'always', value: 'p' }] }, NOW),
        conflict(['s', 'sealed']),
      )
      assert.deepEqual(
        await store.update(id, { attributes: [{ name: 's', when: 'always', add: 1, unseal: true }] }, NOW),
        conflict(['s', 'sealed']),
      )
      assert.deepEqual(await store.update(id, { attributes: [{ name: 's', when: 'present', value: bytes(9, 1) }] }, NOW), DONE)
      assert.deepEqual(await valuesOf(store, id, NOW), { s: bytes(9, 1) })
      assert.deepEqual(
        await store.update(id, { attributes: [{ name: 's', when: 'present', value: 'p', unseal: true }] }, NOW),
        DONE,
      )
      assert.deepEqual(await valuesOf(store, id, NOW), { s: 'p' })
      assert.deepEqual(await store.update(id, { attributes: [{ name: 's', when: 'always', value: bytes(3) }] }, NOW), DONE)
      assert.deepEqual(await store.update(id, { attributes: [{ name: 's', when: 'present', value: null }] }, NOW), DONE)
      assert.deepEqual(await store.update(id, { attributes: [{ name: 's', when: 'absent', value: 'p' }] }, NOW), DONE)
    },

    'lets a plain value follow a sealed one that expired': async ({ store }) => {
      const id = await holding(store, new Map([['s', attribute(bytes(8), { expiresAt: NOW + 1 })]]))
      assert.deepEqual(await store.update(id, { attributes: [{ name: 's', when: 'always', value: 'p' }] }, NOW + 1), DONE)
    },

    'adds to decimal text and answers the sums': async ({ store }) => {
      const id = await holding(store, attributes({ n: '5', z: '-7', far: `${Number.MAX_SAFE_INTEGER - 1}` }))
      const outcome = await store.update(
        id,
        {
          attributes: [
            { name: 'n', when: 'always', add: 37 },
            { name: 'z', when: 'present', add: 7 },
            { name: 'new', when: 'absent', add: -3 },
            { name: 'far', when: 'always', add: 1 },
          ],
        },
        NOW + 1,
      )
      const sums = { n: 42, z: 0, new: -3, far: Number.MAX_SAFE_INTEGER }
      assert.deepEqual(outcome, { outcome: 'done', added: new Map(Object.entries(sums)) })
      assert.deepEqual(
        await valuesOf(store, id, NOW + 1),
        Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, String(sum)])),
      )
    },

    'adds to nothing but safe integers': async ({ store }) => {
      for (const text of [
        '',
        ' 1',
        '1 ',
        '1.0',
        '1.5',
        '1e3',
        '0x10',
        '01',
        '-01',
        '-0',
        '+1',
        '-',
        '"1"',
        'null',
        'NaN',
        '٣',
        '9007199254740992',
        '1'.repeat(30),
      ]) {
        const id = await holding(store, attributes({ n: text }))
        assert.deepEqual(
          await store.update(id, { attributes: [{ name: 'n', when: 'always', add: 1 }] }, NOW),
          conflict(['n', 'not-a-number']),
          `on ${JSON.stringify(text)}`,
        )
        assert.deepEqual(await valuesOf(store, id, NOW), { n: text })
      }
      for (const [text, add] of [
        [`${Number.MAX_SAFE_INTEGER}`, 1],
        [`${Number.MIN_SAFE_INTEGER}`, -1],
        ['1', Number.MAX_SAFE_INTEGER],
      ] as const) {
        const id = await holding(store, attributes({ n: text }))
        assert.deepEqual(
          await store.update(id, { attributes: [{ name: 'n', when: 'always', add }] }, NOW),
          conflict(['n', 'not-a-number']),
        )
      }
    },

    'remembers when an attribute was created and when it was written last': async ({ store }) => {
      const id = await holding(store, attributes({ a: '1', b: '1', c: '1' }))
      await store.update(id, { attributes: [{ name: 'a', when: 'present', value: '2' }] }, NOW + 5)
      await store.update(id, { attributes: [{ name: 'b', when: 'present', expiresAt: NOW + MINUTE }] }, NOW + 6)
      await store.update(id, { attributes: [{ name: 'd', when: 'absent', add: 1, expiresAt: NOW + MINUTE }] }, NOW + 7)
      const found = (await alive(store, id, NOW + 8)).attributes
      const times = [...found].map(([name, { createdAt, modifiedAt, expiresAt }]) => [
        name,
        createdAt - NOW,
        modifiedAt - NOW,
        expiresAt,
      ])
      assert.deepEqual(times.sort(), [
        ['a', 0, 5, null],
        ['b', 0, 6, NOW + MINUTE],
        ['c', 0, 0, null],
        ['d', 7, 7, NOW + MINUTE],
      ])
    },

    'keeps an expiry unless it is given another': async ({ store }) => {
      const id = await holding(store, new Map([['a', attribute('1', { expiresAt: NOW + MINUTE })]]))
      const expiry = async () => (await alive(store, id, NOW)).attributes.get('a')?.expiresAt
      await store.update(id, { attributes: [{ name: 'a', when: 'always', value: '2' }] }, NOW)
      assert.equal(await expiry(), NOW + MINUTE)
      await store.update(id, { attributes: [{ name: 'a', when: 'always', add: 1 }] }, NOW)
      assert.equal(await expiry(), NOW + MINUTE)
      await store.update(id, { attributes: [{ name: 'a', when: 'always', value: '2', expiresAt: NOW + HOUR }] }, NOW)
      assert.equal(await expiry(), NOW + HOUR)
      await store.update(id, { attributes: [{ name: 'a', when: 'present', expiresAt: null }] }, NOW)
      assert.equal(await expiry(), null)
    },

    'reads those that were asked for': async ({ store }) => {
      const id = await holding(
        store,
        new Map([...attributes({ a: '1', b: bytes(2), c: '3' }), ['old', attribute('4', { expiresAt: NOW + 1 })]]),
      )
      const names = async (want: Want) => {
        const session = await alive(store, id, NOW + 1, want)
        return [...session.attributes.keys()].sort()
      }
      assert.deepEqual(await names('header'), [])
      assert.deepEqual(await names('all'), ['a', 'b', 'c'])
      assert.deepEqual(await names(['c', 'b', 'x', 'old']), ['b', 'c'])
      assert.deepEqual(await names([]), [])
    },

    'answers what was true when it was read': async ({ store }) => {
      const id = await holding(store, attributes({ a: '1' }))
      const read = await alive(store, id, NOW)
      await store.update(
        id,
        {
          attributes: [
            { name: 'a', when: 'always', value: '2' },
            { name: 'b', when: 'always', value: '2' },
          ],
        },
        NOW,
      )
      assert.deepEqual(read.attributes, attributes({ a: '1' }))
    },

    'changes a hundred at once': async ({ store }) => {
      const id = await holding(store, attributes({ keep: 'k' }))
      const changes = Array.from(
        { length: 100 },
        (_, index): AttributeChange => ({ name: `n${index}`, when: 'absent', value: `${index}` }),
      )
      assert.deepEqual(await store.update(id, { attributes: changes }, NOW), DONE)
      assert.deepEqual(await valuesOf(store, id, NOW), {
        keep: 'k',
        ...Object.fromEntries(changes.map(({ name, value }) => [name, value])),
      })
      assert.equal((await store.update(id, { attributes: changes }, NOW)).outcome, 'conflict')
    },
  },
}
