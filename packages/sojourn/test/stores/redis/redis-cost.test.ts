// How many round trips, commands and bytes does a call on the Redis store cost?
import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import type { SessionStore } from 'sojourn'
import { redisStore } from 'sojourn/redis'
import { beforeAll, expect, it, vi } from 'vitest'
import { attribute, attributes, HOUR, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { describeWith, REDIS, startServer, statistics } from '../../support/redis.ts'
import { throughout } from '../../support/throughout.ts'

describeWith(REDIS, 'the cost of sessions in Redis', (kind) => {
  const server = throughout(() => startServer(kind), 'stop')
  const client = throughout(() => new Redis(server().port), 'disconnect')
  let store: SessionStore
  beforeAll(async () => {
    store = redisStore({ client: client(), prefix: 'cost' })
    await store.counters(principal())
  })

  /** The commands that reach the server during a call; those inside scripts are `inside`. */
  async function commands(call: () => Promise<unknown>): Promise<{ sent: Record<string, number>; inside: number }> {
    const before = (await statistics(server().port)).calls
    await call()
    const after = (await statistics(server().port)).calls
    const used = [...after].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const)
    const sent = used.filter(([name, count]) => count > 0 && /^(?:evalsha|eval|script\|load|wait)$/.test(name))
    const plain = used.filter(([name, count]) => count > 0 && /^(?:h|get|z|l|p|set|del|r|exists)/.test(name) && name !== 'hello')
    const isScripted = sent.length > 0
    const total = plain.reduce((sum, [, count]) => sum + count, 0)
    return { sent: Object.fromEntries(isScripted ? sent : plain), inside: isScripted ? total : 0 }
  }

  it('is two plain reads for a load', async () => {
    const session = newSession(principal(), { attributes: attributes({ a: '1', b: '2' }) })
    await store.create(session)
    expect(await commands(() => store.load(session.id, 'all', NOW))).toEqual({ sent: { hgetall: 1, hmget: 1 }, inside: 0 })
    expect(await commands(() => store.load(session.id, ['a'], NOW))).toEqual({ sent: { hmget: 2 }, inside: 0 })
  })

  it('shares one write to the connection with all that is sent in the same turn', async () => {
    const session = newSession(principal())
    await store.create(session)
    const { stream } = client()
    const loads = Array.from({ length: 50 }, () => store.load(session.id, 'all', NOW))
    expect(stream.writableCorked).toBe(1)
    expect(stream.writableLength).toBeGreaterThan(50 * session.id.length)
    await Promise.all(loads)
    expect(stream.writableCorked).toBe(0)
  })

  it('writes to the connection also where an application tests with a clock of its own', async () => {
    vi.useFakeTimers()
    try {
      expect(await store.load(newSession(principal()).id, 'all', NOW)).toBeUndefined()
    } finally {
      vi.useRealTimers()
    }
  })

  it('is one script for a change, however much it carries, and few commands inside', async () => {
    const session = newSession(principal())
    await store.create(session)
    const hundred = Array.from({ length: 100 }, (_, index) => ({ name: `n${index}`, when: 'always', value: '"v"' }) as const)
    const bulk = await commands(() =>
      store.update(session.id, { attributes: hundred, limits: { attributes: 2000, bytes: 1e6 } }, NOW),
    )
    expect(bulk.sent).toEqual({ evalsha: 1 })
    expect(bulk.inside).toBeLessThanOrEqual(9)
    const touch = await commands(() => store.update(session.id, { header: { expiresAt: NOW + 2 * HOUR, touchInterval: 1 } }, NOW))
    expect(touch.sent).toEqual({ evalsha: 1 })
    expect(touch.inside).toBeLessThanOrEqual(6)
    const early = await commands(() =>
      store.update(session.id, { header: { expiresAt: NOW + 2 * HOUR + 1, touchInterval: 1000 } }, NOW),
    )
    expect(early.inside).toBeLessThanOrEqual(4)
  })

  it('does not grow with the number of sessions that a revocation ends', async () => {
    const owner = principal()
    const cost = async () => await commands(() => store.revoke({ principal: owner }, NOW))
    const before = await cost()
    for (let count = 0; count < 100; count += 1) await store.create(newSession(owner))
    expect(await cost()).toEqual(before)
    expect((await commands(() => store.revoke('all', NOW))).sent).toEqual({ evalsha: 256 })
  })

  it('is at most 1.15 times the bytes of the same session as JSON text, its index included', async () => {
    const sessions = Array.from({ length: 2000 }, (_, index) => {
      const held = Array.from(
        { length: 10 },
        (_, n) => [`attribute${n}`, attribute(JSON.stringify(`value ${n} of ${index}`))] as const,
      )
      return newSession(principal(`user-of-bytes-${Math.floor(index / 5)}`), { attributes: new Map(held) })
    })
    const ours = redisStore({ client: client(), prefix: 'bytes' })
    for (const session of sessions) {
      await ours.create(session)
      const { attributes: held, principal: userId, createdAt } = session
      const values = Object.fromEntries([...held].map(([name, { value }]) => [name, JSON.parse(String(value))]))
      const expires = new Date(session.expiresAt).toISOString()
      const cookie = { originalMaxAge: 3_600_000, expires, secure: true, httpOnly: true, path: '/', sameSite: 'lax' }
      const key = `sess:${createHash('md5').update(session.id).digest('hex')}`
      await client().set(key, JSON.stringify({ cookie, userId, createdAt, ...values }), 'PX', 3_600_000)
    }
    /** The memory of all keys that match, keys and all. */
    const bytes = async (pattern: RegExp) => {
      const keys = (await client().keys('*')).filter((key) => pattern.test(key))
      const sizes = await Promise.all(keys.map((key) => client().memory('USAGE', key, 'SAMPLES', 0)))
      return sizes.reduce((sum: number, size) => sum + Number(size), 0) / sessions.length
    }
    const [mine, json] = [await bytes(/^bytes:.*\}:[si]/), await bytes(/^sess:/)]
    console.log(`bytes a session: ${mine}, as JSON text ${json}, ${(mine / json).toFixed(3)} times`)
    expect(mine / json).toBeLessThan(1.15)
  })
})
