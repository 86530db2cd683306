// Chapter "cost": does every call on one session, however much it carries, go to the server once?
import assert from 'node:assert/strict'
import { needing } from '../conformance-cases.ts'
import { attributes, HOUR, NOW, newSession, principal } from './builders.ts'
import type { Chapter, StoreTraits } from './chapter.ts'

/** How many round trips a call may make at most where it may be answered from memory; exactly one, where it may not. */
function mostOf(name: string, cached: StoreTraits['cached']): number | undefined {
  if (cached === false || !name.startsWith('load')) return undefined
  return cached === 'strict' ? 2 : 1 // a strict cache asks what it is about to keep, and reads it
}

export const cost: Chapter = {
  name: 'cost',
  cases: {
    'makes one round trip a call': needing('countRoundTrips', async ({ store }, countRoundTrips, { cached }) => {
      const owner = principal()
      const session = newSession(owner, { attributes: attributes({ a: '1', b: '2' }) })
      await store.create(newSession(owner)) // the first call may open, migrate, prepare and load scripts
      await store.load(session.id, 'all', NOW)
      await store.update(session.id, {}, NOW)
      await store.delete(newSession(owner).id, NOW)
      const hundred = Array.from(
        { length: 100 },
        (_, index) => ({ name: `n${index}`, when: 'always', value: 'x'.repeat(index) }) as const,
      )
      const calls: Readonly<Record<string, () => Promise<unknown>>> = {
        counters: () => store.counters(owner),
        create: () => store.create(session),
        'create with counters': () => store.create(newSession(owner), { generation: 0, version: 0 }),
        'load of all': () => store.load(session.id, 'all', NOW),
        'load of the header': () => store.load(session.id, 'header', NOW),
        'load of some': () => store.load(session.id, ['a', 'b', 'c'], NOW),
        'load of nothing': () => store.load(newSession(owner).id, 'all', NOW),
        'update of one': () => store.update(session.id, { attributes: [{ name: 'a', when: 'present', value: '3' }] }, NOW),
        'update of a hundred': () =>
          store.update(session.id, { attributes: hundred, limits: { attributes: 2000, bytes: 1e6 } }, NOW),
        'refused update': () => store.update(session.id, { attributes: [{ name: 'a', when: 'absent', value: '3' }] }, NOW),
        touch: () => store.update(session.id, { header: { expiresAt: NOW + 2 * HOUR, touchInterval: 1 } }, NOW),
        'use with an interaction': () =>
          store.update(session.id, { header: { interaction: { at: NOW, remoteAddr: '', userAgent: '', source: '' } } }, NOW),
        bump: () => store.bump(owner),
        'revoke of a principal': () => store.revoke({ principal: owner, except: session.id }, NOW),
        delete: () => store.delete(session.id, NOW, NOW + HOUR),
      }
      for (const [name, call] of Object.entries(calls)) {
        const before = await countRoundTrips()
        await call()
        const made = (await countRoundTrips()) - before
        const most = mostOf(name, cached)
        if (most === undefined) assert.equal(made, 1, `round trips of ${name}`)
        else assert.ok(made <= most, `${made} round trips of ${name}`)
      }
    }),
  },
}
