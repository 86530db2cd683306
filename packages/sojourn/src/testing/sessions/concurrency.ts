// Chapter "concurrency": do many writers at once lose nothing, and does one of them win where one must?
import assert from 'node:assert/strict'
import type { AttributeChange, Outcome, SessionStore } from '../../engine/store.ts'
import { attributes, HOUR, NOW, newSession, principal } from './builders.ts'
import { alive, type Case, type Chapter, valuesOf } from './chapter.ts'

const WRITERS = 1000

const times = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index))

const count = (outcomes: readonly Outcome[], outcome: Outcome['outcome']) =>
  outcomes.filter((each) => each.outcome === outcome).length

/** A case whose writers come in through the store and, where there may be others, through a second opening of the same data. */
function fromEverywhere(run: (stores: (index: number) => SessionStore, store: SessionStore) => Promise<void>): Case {
  return async ({ store, another }) => {
    const elsewhere = await another?.()
    try {
      await run((index) => (index % 2 === 0 ? store : (elsewhere ?? store)), store)
    } finally {
      await elsewhere?.close()
    }
  }
}

/** All writers change one session at the same time. */
async function rush(
  stores: (index: number) => SessionStore,
  id: string,
  change: (index: number) => AttributeChange,
): Promise<readonly Outcome[]> {
  return await Promise.all(times(WRITERS, (index) => stores(index).update(id, { attributes: [change(index)] }, NOW)))
}

export const concurrency: Chapter = {
  name: 'concurrency',
  cases: {
    'keeps the entries of all writers': fromEverywhere(async (stores, store) => {
      const session = newSession(principal())
      await store.create(session)
      const outcomes = await rush(stores, session.id, (index) => ({ name: `n${index}`, when: 'absent', value: `${index}` }))
      assert.equal(count(outcomes, 'done'), WRITERS)
      assert.deepEqual(
        await valuesOf(store, session.id, NOW),
        Object.fromEntries(times(WRITERS, (index) => [`n${index}`, `${index}`])),
      )
    }),

    'counts exactly': fromEverywhere(async (stores, store) => {
      const session = newSession(principal(), { attributes: attributes({ other: 'kept' }) })
      await store.create(session)
      const outcomes = await rush(stores, session.id, () => ({ name: 'n', when: 'always', add: 1 }))
      const sums = outcomes.map((each) => (each.outcome === 'done' ? each.added.get('n') : undefined))
      assert.deepEqual(
        sums.sort((one = 0, two = 0) => one - two),
        times(WRITERS, (index) => index + 1),
      )
      assert.deepEqual(await valuesOf(store, session.id, NOW), { n: `${WRITERS}`, other: 'kept' })
    }),

    'lets one of all creates of a name win': fromEverywhere(async (stores, store) => {
      const session = newSession(principal())
      await store.create(session)
      const outcomes = await rush(stores, session.id, (index) => ({ name: 'a', when: 'absent', value: `${index}` }))
      assert.equal(count(outcomes, 'done'), 1)
      const winner = outcomes.findIndex((each) => each.outcome === 'done')
      assert.deepEqual(await valuesOf(store, session.id, NOW), { a: `${winner}` })
    }),

    'lets one of all takes of a value win': fromEverywhere(async (stores, store) => {
      const session = newSession(principal(), { attributes: attributes({ key: '1' }) })
      await store.create(session)
      assert.equal(count(await rush(stores, session.id, () => ({ name: 'key', when: 'present', value: null })), 'done'), 1)
    }),

    'lets one of all that read the same revision win': fromEverywhere(async (stores, store) => {
      const session = newSession(principal(), { attributes: attributes({ a: 'old' }) })
      await store.create(session)
      const outcomes = await rush(stores, session.id, (index) => ({ name: 'a', when: 'present', value: `${index}`, revision: 1 }))
      assert.equal(count(outcomes, 'done'), 1)
    }),

    'lets one of all rotations win, and one of all first data keys': fromEverywhere(async (stores, store) => {
      const session = newSession(principal())
      await store.create(session)
      const rotations = await Promise.all(
        times(50, (index) =>
          stores(index).update(
            session.id,
            {
              expect: { secretHash: session.secretHash },
              header: { secretHash: `hash-${index}`, previousHash: session.secretHash },
            },
            NOW,
          ),
        ),
      )
      assert.deepEqual([count(rotations, 'done'), count(rotations, 'superseded')], [1, 49])
      const keys = await Promise.all(
        times(50, (index) =>
          stores(index).update(session.id, { expect: { dataKey: 'absent' }, header: { dataKey: new Uint8Array([index]) } }, NOW),
        ),
      )
      assert.deepEqual([count(keys, 'done'), count(keys, 'superseded')], [1, 49])
      const winner = keys.findIndex((each) => each.outcome === 'done')
      assert.equal((await alive(store, session.id, NOW)).dataKey?.[0], winner)
    }),

    'lets one of all creates of an id win': fromEverywhere(async (stores, store) => {
      const owner = principal()
      const { id } = newSession(owner)
      const outcomes = await Promise.all(times(50, (index) => stores(index).create({ ...newSession(owner), id, renewAt: index })))
      assert.deepEqual([count(outcomes, 'done'), count(outcomes, 'exists')], [1, 49])
      assert.equal(
        (await alive(store, id, NOW)).renewAt,
        outcomes.findIndex((each) => each.outcome === 'done'),
      )
    }),

    'shows nobody half a change': fromEverywhere(async (stores, store) => {
      const session = newSession(principal(), { attributes: attributes({ a: '0', b: '0' }) })
      await store.create(session)
      const write = (index: number) => {
        const value = `${index}`
        const both = [
          { name: 'a', when: 'present', value },
          { name: 'b', when: 'present', value },
        ] as const
        return stores(index).update(session.id, { header: { renewAt: index }, attributes: both }, NOW)
      }
      const reads = times(200, async (index) => {
        void (await write(index))
        const { attributes: read, renewAt } = await alive(stores(index + 1), session.id, NOW)
        assert.equal(read.get('a')?.value, read.get('b')?.value)
        assert.equal(read.get('a')?.value, String(renewAt))
      })
      await Promise.all(reads)
    }),

    'never brings a session back, whatever is in flight': async ({ store, another }, { races }) => {
      const elsewhere = (await another?.()) ?? store
      const owner = principal()
      const ends = [
        (id: string) => elsewhere.delete(id, NOW),
        (id: string) => elsewhere.delete(id, NOW, NOW + HOUR),
        () => elsewhere.revoke({ principal: owner }, NOW),
        () => elsewhere.revoke('all', NOW),
      ]
      const writes: readonly ((id: string) => Promise<unknown>)[] = [
        (id) => store.update(id, { attributes: [{ name: 'a', when: 'always', value: '1' }] }, NOW),
        (id) => store.update(id, { attributes: [{ name: 'n', when: 'always', add: 1 }] }, NOW),
        (id) => store.update(id, { header: { expiresAt: NOW + 5 * HOUR, touchInterval: 1 } }, NOW),
        (id) => store.update(id, { header: { secretHash: 'new' } }, NOW),
      ]
      try {
        for (let race = 0; race < races; race += 1) {
          const session = newSession(owner)
          await store.create(session)
          const end = ends[race % ends.length]
          const flights = writes.map((write) => () => write(session.id))
          flights.splice(race % (writes.length + 1), 0, async () => await end?.(session.id))
          await Promise.all(flights.map((flight) => flight()))
          assert.equal(
            [undefined, 'ended'].includes((await store.load(session.id, 'all', NOW)) as 'ended' | undefined),
            true,
            'a session came back',
          )
          assert.deepEqual(await store.update(session.id, {}, NOW), { outcome: 'missing' })
        }
      } finally {
        if (elsewhere !== store) await elsewhere.close()
      }
    },

    'never lets a login that raced a revocation live': async ({ store, another }, { races }) => {
      const elsewhere = (await another?.()) ?? store
      try {
        for (let race = 0; race < races; race += 1) {
          const owner = principal()
          const read = await store.counters(owner)
          const session = newSession(owner)
          const flights = [() => store.create(session, read), () => elsewhere.revoke({ principal: owner }, NOW)]
          await Promise.all((race % 2 === 0 ? flights : flights.reverse()).map((flight) => flight()))
          assert.equal(await store.load(session.id, 'all', NOW), undefined, 'a session outlived the revocation it raced')
        }
      } finally {
        if (elsewhere !== store) await elsewhere.close()
      }
    },
  },
}
