// Is a session that the SQLite store remembers never older than the file?
import { sqliteStore } from 'sojourn/sqlite'
import { describe, expect, it } from 'vitest'
import type { Principal, SessionId, SessionStore } from '../../src/engine/store.ts'
import { attributes, MINUTE, NOW, newSession, principal } from '../../src/testing/sessions/builders.ts'
import { alive, valuesOf } from '../../src/testing/sessions/chapter.ts'
import { withDatabase } from './support/sqlite-processes.ts'

const set = (name: string, value: string) => ({ attributes: [{ name, when: 'always' as const, value }] })

interface Remembered {
  readonly one: SessionStore
  readonly other: SessionStore
  readonly id: SessionId
  readonly owner: Principal
}

/** A session that one store has read often, and another store on the same file. */
function withRemembered(run: (world: Remembered) => Promise<void>): Promise<void> {
  return withDatabase(async (path) => {
    const [one, other] = [sqliteStore(path).sessions, sqliteStore(path).sessions]
    const owner = principal()
    const { id, ...session } = newSession(owner, { attributes: attributes({ a: '1' }) })
    await one.create({ id, ...session })
    await other.bump(principal('somebody else'))
    for (let reads = 0; reads < 3; reads += 1) await alive(one, id, NOW)
    await run({ one, other, id, owner })
    await one.close()
    await other.close()
  })
}

describe('a session that is remembered', () => {
  it.each<[string, (world: Remembered) => Promise<unknown>]>([
    ['deleted', ({ other, id }) => other.delete(id, NOW)],
    ['revoked with its user', ({ other, owner }) => other.revoke({ principal: owner }, NOW)],
    ['revoked with all', ({ other }) => other.revoke('all', NOW)],
  ])('is over at the next call when it is %s through another connection', (_, end) =>
    withRemembered(async (world) => {
      const { one, id } = world
      await end(world)
      expect(await one.load(id, 'all', NOW)).toBeUndefined()
      expect(await one.update(id, set('a', '2'), NOW)).toEqual({ outcome: 'missing' })
    }),
  )

  it('shows what another connection has written, and writes on top of that', () =>
    withRemembered(async ({ one, other, id }) => {
      await other.update(id, set('b', '2'), NOW)
      expect(await valuesOf(one, id, NOW)).toEqual({ a: '1', b: '2' })
      await other.update(id, set('c', '3'), NOW)
      await one.update(id, set('d', '4'), NOW)
      expect(await valuesOf(other, id, NOW)).toEqual({ a: '1', b: '2', c: '3', d: '4' })
    }))

  it.each(['before', 'after'] as const)('stays ended when it is changed in the same commit, %s its end', (place) =>
    withRemembered(async ({ one, id, owner }) => {
      const end = () => one.revoke({ principal: owner }, NOW)
      const change = () => one.update(id, set('a', '2'), NOW)
      await Promise.all(place === 'before' ? [change(), end()] : [end(), change()])
      expect(await one.load(id, 'all', NOW)).toBeUndefined()
    }),
  )

  it('has every change of one commit, whatever is read while that is answered', () =>
    withRemembered(async ({ one, id }) => {
      const changes = Array.from({ length: 10 }, (_each, at) =>
        one.update(id, set(`n${at}`, `${at}`), NOW).then(() => valuesOf(one, id, NOW)),
      )
      for (const seen of await Promise.all(changes)) expect(Object.keys(seen)).toHaveLength(11)
      expect(Object.keys(await valuesOf(one, id, NOW))).toHaveLength(11)
    }))

  it('is not what a write left that was undone', () =>
    withRemembered(async ({ one, id }) => {
      const limits = { attributes: 1, bytes: 1000 }
      const [refused, done] = await Promise.all([
        one.update(id, { ...set('b', '2'), limits }, NOW),
        one.update(id, { header: { expiresAt: NOW + MINUTE } }, NOW),
      ])
      expect([refused?.outcome, done?.outcome]).toEqual(['full', 'done'])
      expect(await valuesOf(one, id, NOW)).toEqual({ a: '1' })
      expect(await one.load(id, 'all', NOW + MINUTE)).toBeUndefined()
    }))
})
