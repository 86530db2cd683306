// Chapter "faults": is an outage an error and never an empty answer, and is everything there when it is over?
import assert from 'node:assert/strict'
import { isSojournError } from '../../engine/error.ts'
import type { SessionStore } from '../../engine/store.ts'
import { needing } from '../conformance-cases.ts'
import { attributes, HOUR, MINUTE, NOW, newSession, principal } from './builders.ts'
import { alive, type Chapter, DONE } from './chapter.ts'

/** Every call there is, on a session that exists. */
function calls(store: SessionStore, session: ReturnType<typeof newSession>): Readonly<Record<string, () => Promise<unknown>>> {
  const owner = principal()
  return {
    counters: () => store.counters(owner),
    create: () => store.create(newSession(owner)),
    load: () => store.load(session.id, 'all', NOW),
    update: () => store.update(session.id, { attributes: [{ name: 'n', when: 'always', add: 1 }] }, NOW),
    delete: () => store.delete(newSession(owner).id, NOW, NOW + HOUR),
    list: () => store.list({ limit: 10 }, NOW),
    revoke: () => store.revoke({ principal: owner }, NOW),
    bump: () => store.bump(owner),
    sweep: () => store.sweep(NOW, 10),
  }
}

const WRITES = ['create', 'update', 'delete', 'revoke', 'bump', 'sweep']

/** What an outage may be answered with: an error that says so and, for a write, whether it was applied. */
function assertUnavailable(error: unknown, name: string): void {
  assert.ok(isSojournError(error, 'ERR_STORE_UNAVAILABLE'), `${name}: ${error}`)
  if (WRITES.includes(name)) assert.ok(error.applied !== undefined, `${name} does not say whether it was applied`)
}

export const faults: Chapter = {
  name: 'faults',
  cases: {
    'refuses every call after it was closed': async ({ store }) => {
      const session = newSession(principal())
      await store.create(session)
      await store.close()
      await store.close()
      for (const [name, call] of Object.entries(calls(store, session))) {
        await assert.rejects(call, (error: unknown) => {
          assertUnavailable(error, name)
          return true
        })
      }
    },

    'keeps what it was given for whoever opens the data next': needing('another', async ({ store }, another) => {
      const session = newSession(principal(), { attributes: attributes({ a: '1' }) })
      await store.create(session)
      await store.delete(newSession(null).id, NOW, NOW + MINUTE)
      const elsewhere = await another()
      try {
        await store.close()
        assert.deepEqual((await alive(elsewhere, session.id, NOW)).attributes, session.attributes)
        assert.deepEqual(
          await elsewhere.update(session.id, { attributes: [{ name: 'b', when: 'absent', value: '2' }] }, NOW),
          DONE,
        )
      } finally {
        await elsewhere.close()
      }
    }),

    'answers an outage with an error, and goes on when it is over': needing('outage', async ({ store }, outage) => {
      const session = newSession(principal(), { attributes: attributes({ n: '0' }) })
      await store.create(session)
      await alive(store, session.id, NOW) // whoever keeps in memory what was read, does so now
      let [least, most] = [0, 0]
      await outage.begin()
      try {
        for (const [name, call] of Object.entries(calls(store, session))) {
          const answer = await call().catch((error: unknown) => error)
          if (answer instanceof Error) assertUnavailable(answer, name)
          if (name === 'load')
            assert.ok(answer !== undefined && answer !== 'ended', 'an outage is answered as the end of a session')
          if (name !== 'update') continue
          if (!(answer instanceof Error)) least += 1
          if (!isSojournError(answer) || answer.applied === 'unknown') most += 1
        }
      } finally {
        await outage.end()
      }
      const value = Number((await alive(store, session.id, NOW)).attributes.get('n')?.value)
      assert.ok(
        value >= least && value <= most,
        `${value} updates are there, ${least} were acknowledged, ${most} may have been applied`,
      )
      assert.equal((await store.update(session.id, { attributes: [{ name: 'n', when: 'always', add: 1 }] }, NOW)).outcome, 'done')
    }),
  },
}
