// Chapter "sweep": does a sweep remove the dead, only the dead, a bounded number a call, and tell who they were?
import assert from 'node:assert/strict'
import type { EndedSession, SessionStore } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import { HOUR, MINUTE, NOW, newSession, principal } from './builders.ts'
import { alive, type Chapter, DONE } from './chapter.ts'

/** Sweeps until there is no more; that it ends, and that no call removes more than its limit, is checked. */
async function sweepAll(
  store: SessionStore,
  now: Millis,
  limit: number,
): Promise<{ removed: number; ended: readonly EndedSession[] }> {
  const ended: EndedSession[] = []
  let removed = 0
  for (let calls = 0; calls < 100_000; calls += 1) {
    const step = await store.sweep(now, limit)
    assert.ok(step.removed <= limit, `a sweep of ${limit} removed ${step.removed}`)
    assert.ok(step.ended.length <= step.removed, 'a sweep names more than it removed')
    removed += step.removed
    ended.push(...step.ended)
    if (!step.more) return { removed, ended }
  }
  throw new assert.AssertionError({ message: 'the sweep does not end' })
}

const byId = (one: EndedSession, two: EndedSession) => (one.id < two.id ? -1 : 1)

/** Requires a sweep to have named these: all of them, or where a store loses some by itself, none but these. */
function assertNamed(found: readonly EndedSession[], expected: readonly EndedSession[], tells: 'all' | 'some'): void {
  assert.equal(new Set(found.map(({ id }) => id)).size, found.length, 'a session ended twice')
  const possible = expected.filter((each) => tells === 'all' || found.some(({ id }) => id === each.id))
  assert.deepEqual([...found].sort(byId), [...possible].sort(byId))
}

export const sweep: Chapter = {
  name: 'sweep',
  cases: {
    'removes what has expired or was revoked, and names it': async ({ store }, { sweepTells }) => {
      const [owner, other] = [principal(), principal()]
      const short = Array.from({ length: 9 }, () => newSession(owner, { expiresAt: NOW + MINUTE }))
      const revoked = Array.from({ length: 4 }, () => newSession(other))
      const guests = Array.from({ length: 3 }, () => newSession(null))
      const staying = Array.from({ length: 5 }, () => newSession(owner))
      for (const session of [...short, ...revoked, ...guests, ...staying]) await store.create(session)
      await store.revoke({ principal: other }, NOW)
      await store.revoke('guests', NOW)
      const { removed, ended } = await sweepAll(store, NOW + MINUTE, 4)
      const expected = [
        ...short.map(({ id, principal }) => ({ id, principal, reason: 'expired' as const })),
        ...[...revoked, ...guests].map(({ id, principal }) => ({ id, principal, reason: 'revoked' as const })),
      ]
      assertNamed(ended, expected, sweepTells)
      if (sweepTells === 'all') assert.equal(removed, expected.length)
      for (const { id } of staying) await alive(store, id, NOW + MINUTE)
      assertNamed((await sweepAll(store, NOW + MINUTE, 4)).ended, [], 'all')
    },

    'removes all when all were revoked, save those that came later': async ({ store }, { sweepTells }) => {
      const sessions = Array.from({ length: 25 }, (_, index) => newSession(index % 3 === 0 ? null : principal()))
      for (const session of sessions) await store.create(session)
      await store.revoke('all', NOW)
      const later = [newSession(null), newSession(principal())]
      for (const session of later) await store.create(session)
      const { ended } = await sweepAll(store, NOW, 10)
      assertNamed(
        ended,
        sessions.map(({ id, principal }) => ({ id, principal, reason: 'revoked' as const })),
        sweepTells,
      )
      for (const { id } of later) await alive(store, id, NOW)
    },

    'removes what a later revocation ended as well': async ({ store }, { sweepTells }) => {
      const owner = principal()
      for (const scope of [{ principal: owner }, 'all', { principal: owner }, 'all'] as const) {
        const sessions = Array.from({ length: 7 }, () => newSession(owner))
        for (const session of sessions) await store.create(session)
        await store.revoke(scope, NOW)
        const { ended } = await sweepAll(store, NOW, 3)
        assertNamed(
          ended,
          sessions.map(({ id, principal }) => ({ id, principal, reason: 'revoked' as const })),
          sweepTells,
        )
      }
    },

    'spares the session that a revocation spared': async ({ store }) => {
      const owner = principal()
      const [current, other] = [newSession(owner), newSession(owner)]
      await store.create(current)
      await store.create(other)
      await store.revoke({ principal: owner, except: current.id }, NOW)
      await sweepAll(store, NOW, 10)
      await alive(store, current.id, NOW)
    },

    'finds a revocation that came in the middle of a sweep': async ({ store }, { sweepTells }) => {
      const owner = principal()
      const sessions = Array.from({ length: 12 }, () => newSession(owner))
      for (const session of sessions) await store.create(session)
      await store.revoke({ principal: owner }, NOW)
      const first = await store.sweep(NOW, 5)
      const late = Array.from({ length: 12 }, () => newSession(owner))
      for (const session of late) await store.create(session)
      await store.revoke({ principal: owner }, NOW)
      const rest = await sweepAll(store, NOW, 5)
      const again = await sweepAll(store, NOW, 5)
      const expected = [...sessions, ...late].map(({ id, principal }) => ({ id, principal, reason: 'revoked' as const }))
      assertNamed([...first.ended, ...rest.ended, ...again.ended], expected, sweepTells)
    },

    'removes old tombstones without naming them, and no others': async ({ store }, { sweepTells }) => {
      const [old, young] = [newSession(principal()), newSession(principal())]
      await store.delete(old.id, NOW, NOW + MINUTE)
      await store.delete(young.id, NOW, NOW + HOUR)
      const { removed, ended } = await sweepAll(store, NOW + MINUTE, 10)
      assert.deepEqual(ended, [])
      if (sweepTells === 'all') assert.equal(removed, 1)
      assert.equal(await store.load(old.id, 'header', NOW + MINUTE), undefined)
      assert.equal(await store.load(young.id, 'header', NOW + MINUTE), 'ended')
    },

    'frees the ids of the dead': async ({ store }, { sweepTells }) => {
      if (sweepTells === 'some') return
      const session = newSession(principal())
      await store.create(session)
      await sweepAll(store, session.expiresAt, 10)
      assert.deepEqual(
        await store.create({ ...session, createdAt: session.expiresAt, expiresAt: session.expiresAt + HOUR }),
        DONE,
      )
    },

    'lets the first who asks sweep in the background, and answers those who do not ask': async ({ store }) => {
      assert.equal(await store.claimSweep(HOUR / 1000), true)
      assert.equal(typeof (await store.claimSweep(HOUR / 1000)), 'boolean')
      const session = newSession(principal())
      await store.create(session)
      await store.revoke({ principal: principal() }, NOW)
      await sweepAll(store, session.expiresAt, 10)
      assert.equal(await store.load(session.id, 'all', session.expiresAt), undefined)
    },

    'removes nothing where nothing is dead': async ({ store }) => {
      assert.deepEqual(await store.sweep(NOW, 10), { removed: 0, ended: [], more: false })
      const session = newSession(null)
      await store.create(session)
      assert.deepEqual(await sweepAll(store, session.expiresAt - 1, 10), { removed: 0, ended: [] })
      await alive(store, session.id, NOW)
    },
  },
}
