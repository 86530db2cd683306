// Chapter "revisions": does a compare-and-set see every write, and no revision twice?
import assert from 'node:assert/strict'
import { conflict, holding } from './attributes.ts'
import { attribute, attributes, HOUR, NOW, SECOND } from './builders.ts'
import { alive, type Chapter, DONE } from './chapter.ts'

export const revisions: Chapter = {
  name: 'revisions',
  cases: {
    'compares revisions, and never shows one twice': async ({ store }) => {
      const id = await holding(store, attributes({ a: '1' }))
      const seen = new Set<number>()
      const revision = async () => (await alive(store, id, NOW)).attributes.get('a')?.revision ?? 0
      for (const change of [
        { when: 'present', value: '2' },
        { when: 'always', add: 1 },
        { when: 'present', expiresAt: NOW + HOUR },
        { when: 'present', value: null },
        { when: 'absent', value: '3' },
        { when: 'always', value: null },
        { when: 'always', value: '4' },
      ] as const) {
        const current = await revision()
        for (const wrong of [current + 1, current === 0 ? 1 : 0]) {
          assert.deepEqual(
            await store.update(id, { attributes: [{ name: 'a', ...change, revision: wrong }] }, NOW),
            conflict(['a', 'revision']),
          )
        }
        const outcome = await store.update(id, { attributes: [{ name: 'a', ...change, revision: current }] }, NOW)
        assert.equal(outcome.outcome, 'done')
        if (current === 0) continue
        assert.equal(seen.has(current), false, `revision ${current} came back`)
        seen.add(current)
      }
      assert.equal(seen.has(await revision()), false)
    },

    'never shows a revision again after an attribute expired': async ({ store }) => {
      const id = await holding(store, new Map([['a', attribute('1', { revision: 5, expiresAt: NOW + SECOND })]]))
      assert.deepEqual(
        await store.update(id, { attributes: [{ name: 'a', when: 'always', value: '2', revision: 5 }] }, NOW + SECOND),
        conflict(['a', 'revision']),
      )
      assert.deepEqual(
        await store.update(id, { attributes: [{ name: 'a', when: 'always', value: '2', revision: 0 }] }, NOW + SECOND),
        DONE,
      )
      assert.equal((await alive(store, id, NOW + SECOND)).attributes.get('a')?.revision, 6)
    },

    'gives one revision to all that one call writes': async ({ store }) => {
      const id = await holding(
        store,
        new Map([
          ['a', attribute('1', { revision: 3 })],
          ['b', attribute('1')],
        ]),
      )
      await store.update(
        id,
        {
          attributes: [
            { name: 'a', when: 'always', value: '2' },
            { name: 'c', when: 'always', value: '2' },
          ],
        },
        NOW,
      )
      await store.update(id, { attributes: [{ name: 'nothing', when: 'always', value: null }] }, NOW)
      await store.update(id, { attributes: [{ name: 'd', when: 'always', value: '2' }] }, NOW)
      const found = (await alive(store, id, NOW)).attributes
      assert.deepEqual([...found].map(([name, { revision }]) => [name, revision]).sort(), [
        ['a', 4],
        ['b', 1],
        ['c', 4],
        ['d', 5],
      ])
    },
  },
}
