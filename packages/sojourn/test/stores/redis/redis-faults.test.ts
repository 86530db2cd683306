// What do callers see when the network to Redis misbehaves, and is anything applied twice or by half?
import { isSojournError, type SessionStore } from 'sojourn'
import { redisStore } from 'sojourn/redis'
import { sessionStoreConformance } from 'sojourn/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDeadline, withDeadline } from '../../../src/engine/deadline.ts'
import { attributes, HOUR, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { faultProxy, outageOf } from '../../support/fault-proxy.ts'
import { describeWith, REDIS, startServer } from '../../support/redis.ts'
import { connectSingle, type OpenClient } from '../../support/redis-clients.ts'
import { interruptible } from '../../support/redis-stopped.ts'
import { throughout } from '../../support/throughout.ts'

describeWith(REDIS, 'a bad network to Redis', (kind) => {
  const server = throughout(() => startServer(kind), 'stop')
  const proxy = throughout(() => faultProxy(server().port), 'close')
  let opened = 0

  describe.each(['ioredis', 'node-redis'] as const)('with %s', (library) => {
    let open: OpenClient
    let store: SessionStore

    beforeEach(async () => {
      opened += 1
      open = await connectSingle(library, proxy().port)
      store = redisStore({ client: open.client, prefix: `fault${opened}` })
      await store.counters(principal())
    })
    afterEach(async () => {
      proxy().fault({})
      await store.close()
      open.close()
    })

    for (const { name, run } of sessionStoreConformance({
      async open() {
        const { store: tried, outage } = interruptible(store, outageOf(proxy()))
        return { store: tried, another: undefined, countRoundTrips: undefined, outage, async close() {} }
      },
    }).filter(({ name }) => name.includes('outage'))) {
      it(name, run)
    }

    it('is bounded by the deadline when it swallows everything, and over when it is over', async () => {
      const bounded = withDeadline(store, createDeadline(0.2))
      const session = newSession(principal(), { attributes: attributes({ a: '1' }) })
      await store.create(session)
      proxy().fault({ drops: 'black-hole' })
      const calls: Record<string, () => Promise<unknown>> = {
        load: () => bounded.load(session.id, 'all', NOW),
        update: () => bounded.update(session.id, { attributes: [{ name: 'a', when: 'always', value: '2' }] }, NOW),
        delete: () => bounded.delete(session.id, NOW),
        list: () => bounded.list({ limit: 10 }, NOW),
        revoke: () => bounded.revoke('all', NOW),
        sweep: () => bounded.sweep(NOW, 10),
      }
      for (const [name, call] of Object.entries(calls)) {
        const error: unknown = await call().catch((error: unknown) => error)
        expect(isSojournError(error, 'ERR_STORE_UNAVAILABLE'), name).toBe(true)
        expect(error, name).toMatchObject({ status: 503 })
      }
      proxy().fault({})
      proxy().reset()
      await expect.poll(() => answers(bounded)).toBe(true)
    })

    it('answers the same over a slow network, once for everything that travels together', async () => {
      const latency = 40
      const session = newSession(principal())
      await store.create(session)
      proxy().fault({ latency })
      const claim = () => store.update(session.id, { attributes: [{ name: 'a', when: 'absent', value: '1' }] }, NOW)
      const begun = performance.now()
      const outcomes = await Promise.all(Array.from({ length: 20 }, claim))
      // No bound from above, which a busy machine would break: it shows that the network was slow.
      expect(performance.now() - begun).toBeGreaterThan(2 * latency - 1)
      expect(outcomes.filter(({ outcome }) => outcome === 'done')).toHaveLength(1)
      expect(outcomes.filter(({ outcome }) => outcome === 'conflict')).toHaveLength(19)
      expect(await store.load(session.id, 'all', NOW)).toMatchObject({ id: session.id })
      await store.revoke({ principal: principal() }, NOW)
      expect(await store.delete(session.id, NOW)).toBe(true)
      expect(await store.load(session.id, 'all', NOW)).toBeUndefined()
    })

    it('is bounded by the deadline when it is slower than that, and over when it is over', async () => {
      const bounded = withDeadline(store, createDeadline(0.2))
      const session = newSession(principal(), { attributes: attributes({ n: '0' }) })
      await store.create(session)
      proxy().fault({ latency: 150 })
      const add = () => bounded.update(session.id, { attributes: [{ name: 'n', when: 'always', add: 1 }] }, NOW)
      const late = await Promise.all(Array.from({ length: 5 }, () => add().catch((error: unknown) => error)))
      for (const error of late) expect(error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', applied: 'unknown' })
      proxy().fault({})
      await expect.poll(() => answers(bounded)).toBe(true)
      const loaded = await store.load(session.id, 'all', NOW)
      expect(typeof loaded === 'object' && loaded.attributes.get('n')?.value).toBe('5')
    })

    it('never makes a change twice, though its answer was lost', async () => {
      const owner = principal()
      const held = newSession(owner, { attributes: attributes({ n: '0', key: '1' }) })
      const fresh = newSession(owner)
      const gone = newSession(owner)
      await store.create(held)
      await store.create(gone)
      await store.update(held.id, {}, NOW)
      proxy().fault({ drops: 'half-open' })
      const flights = [
        store.update(held.id, { attributes: [{ name: 'n', when: 'always', add: 1 }] }, NOW),
        store.update(held.id, { attributes: [{ name: 'key', when: 'present', value: null }] }, NOW),
        store.update(held.id, { attributes: [{ name: 'new', when: 'absent', value: '1' }] }, NOW),
        store.create(fresh),
        store.delete(gone.id, NOW, NOW + HOUR),
      ].map((flight) => flight.catch((error: unknown) => error))
      await expect.poll(() => isThere(server().port, `fault${opened}`, gone.id)).toBe('tombstone')
      proxy().fault({})
      proxy().reset()
      const results = await Promise.all(flights)
      const done = { outcome: 'done', added: new Map() }
      const expected = [{ outcome: 'done', added: new Map([['n', 1]]) }, done, done, done, true]
      for (const [index, result] of results.entries()) {
        // A client that sends again is answered as it would have been; one that does not says that it cannot know.
        if (library === 'ioredis') expect(result).toEqual(expected[index])
        else expect(result).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', applied: 'unknown' })
      }
      await expect.poll(() => answers(store)).toBe(true)
      const loaded = await store.load(held.id, 'all', NOW)
      const values = typeof loaded === 'object' ? [...loaded.attributes].map(([name, { value }]) => [name, value]).sort() : loaded
      expect(values).toEqual([
        ['n', '1'],
        ['new', '1'],
      ])
    })
  })
})

async function answers(store: SessionStore): Promise<boolean> {
  return await store.counters(principal()).then(
    () => true,
    () => false,
  )
}

/** What the server keeps under an id, asked past the proxy(). */
async function isThere(port: number, prefix: string, id: string): Promise<'session' | 'tombstone' | 'nothing'> {
  const open = await connectSingle('ioredis', port)
  try {
    const loaded = await redisStore({ client: open.client, prefix }).load(id, 'header', NOW)
    return loaded === 'ended' ? 'tombstone' : loaded === undefined ? 'nothing' : 'session'
  } finally {
    open.close()
  }
}
