// Which servers, clients and options does the Redis store accept, and what does it put on the server?
import { Cluster, Redis } from 'ioredis'
import { createClient } from 'redis'
import { isSojournError, type SessionStore } from 'sojourn'
import { redisFindings, redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDeadline, withDeadline } from '../../../src/engine/deadline.ts'
import { attribute, bytes, HOUR, NOW, newSession, principal, SECOND } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { describeWith, REDIS, type RedisServer, startServer } from '../../support/redis.ts'

describeWith(REDIS, 'opening Redis', (kind) => {
  let server: RedisServer
  let client: Redis
  let store: SessionStore

  beforeAll(async () => {
    server = await startServer(kind)
    client = new Redis(server.port)
    store = redisStore(client)
  })
  afterAll(async () => {
    client.disconnect()
    await server.stop()
  })

  it('refuses a server that forgets at will, and says what to do', async () => {
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const refusing = redisStore({ client, prefix: 'evicting' })
    const error: unknown = await refusing.create(newSession(null)).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', applied: 'no', fix: expect.stringContaining('noeviction') })
    await client.config('SET', 'maxmemory-policy', 'noeviction')
    expect((await refusing.create(newSession(null))).outcome).toBe('done')
  })

  it.each(['1', '3'])('refuses data of another version, whose layout is %s', async (layout) => {
    await client.set('other:layout', layout)
    await expect(redisStore({ client, prefix: 'other' }).counters(principal())).rejects.toMatchObject({
      code: 'ERR_SCHEMA_OUTDATED',
    })
  })

  it.each([
    ['full', 'maxmemory', '1', '0'],
    ['short of replicas to write to', 'min-replicas-to-write', '1', '0'],
  ])('opens on a server that it has used before and that is %s, to read', async (_, setting, refusing, usual) => {
    const session = newSession(null)
    await store.create(session)
    await client.config('SET', setting, refusing)
    try {
      const begun = redisStore(client)
      expect(await alive(begun, session.id, NOW)).toMatchObject({ id: session.id })
      await expect(begun.create(newSession(null))).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', applied: 'no' })
    } finally {
      await client.config('SET', setting, usual)
    }
  })

  it('calls a key that somebody else wrote corrupt', async () => {
    const session = newSession(null)
    await store.create(session)
    const [key = ''] = (await client.keys('*:s:*')).filter((name) => name.endsWith(session.id))
    await client.set(key, 'x')
    for (const call of [store.load(session.id, 'all', NOW), store.update(session.id, {}, NOW)]) {
      await expect(call).rejects.toMatchObject({ code: 'ERR_STORE_CORRUPT' })
    }
  })

  it('loads its scripts again when the server lost them', async () => {
    const session = newSession(null)
    await store.create(session)
    await client.script('FLUSH')
    expect((await store.update(session.id, { attributes: [{ name: 'a', when: 'absent', value: '1' }] }, NOW)).outcome).toBe(
      'done',
    )
    await client.script('FLUSH')
    expect(await store.delete(session.id, NOW)).toBe(true)
  })

  it.each([
    ['ioredis with a key prefix', () => new Redis(server.port, { keyPrefix: 'app:' })],
    ['ioredis with auto-pipelining', () => new Redis(server.port, { enableAutoPipelining: true })],
    ['ioredis over the older protocol', () => new Redis(server.port, { protocol: 2 })],
    ['node-redis over the older protocol', () => connected(createClient({ socket: { port: server.port }, RESP: 2 }))],
    ['node-redis over the newer protocol', () => connected(createClient({ socket: { port: server.port }, RESP: 3 }))],
  ])('works through %s', async (name, connect) => {
    const other = await connect()
    const through = redisStore({ client: other, prefix: name })
    const owner = principal()
    const session = newSession(owner, { attributes: new Map([['sealed', attribute(bytes(256))]]) })
    expect((await through.create(session)).outcome).toBe('done')
    expect((await alive(through, session.id, NOW)).attributes).toEqual(session.attributes)
    expect((await alive(through, session.id, NOW, ['sealed'])).attributes).toEqual(session.attributes)
    expect((await through.list({ principal: owner, limit: 10 }, NOW)).items.map(({ id }) => id)).toEqual([session.id])
    expect(await through.delete(session.id, NOW)).toBe(true)
    await other.quit()
  })

  it('names what an operator should know', async () => {
    const codes = async () => (await redisFindings(client)).map(({ code, severity }) => `${severity} ${code}`).sort()
    expect(await codes()).toEqual(['warning packing', 'warning persistence'])
    await client.config('SET', 'appendonly', 'yes')
    await client.config('SET', 'hash-max-listpack-value', '512')
    expect(await codes()).toEqual([])
    await client.config('SET', 'maxmemory-policy', 'volatile-lru')
    expect(await codes()).toEqual(['warning eviction'])
    await client.config('SET', 'maxmemory-policy', 'allkeys-lfu')
    expect(await codes()).toEqual(['error eviction'])
    await client.config('SET', 'maxmemory-policy', 'noeviction')
    await client.config('SET', 'hash-max-listpack-value', '64')
    await client.config('SET', 'appendonly', 'no')
  })

  it('cannot tell whether anything is saved where `CONFIG` is forbidden, and says so', async () => {
    await client.call('ACL', 'SETUSER', 'hosted', 'on', '>secret', '~*', '&*', '+@all', '-config')
    const hosted = new Redis(server.port, { username: 'hosted', password: 'secret' })
    const messages = async () => (await redisFindings(hosted)).map(({ code, message }) => [code, message])
    expect(await messages()).toEqual([['persistence', expect.stringContaining('it does not tell')]])
    await client.config('SET', 'appendonly', 'yes')
    expect(await messages()).toEqual([])
    await client.config('SET', 'appendonly', 'no')
    hosted.disconnect()
  })

  it('never says that nothing was revoked where some of it was, because one server of several refuses', async () => {
    // What a cluster does of which one master is full, here by the rights of a user.
    await client.call('ACL', 'SETUSER', 'partly', 'on', '>secret', '~partly:layout', '~partly:{0*', '&*', '+@all')
    const partly = new Redis(server.port, { username: 'partly', password: 'secret' })
    const inPart = redisStore({ client: partly, prefix: 'partly' })
    await expect(inPart.revoke('all', NOW)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', applied: 'unknown' })
    expect(await client.keys('partly:*}:c')).toHaveLength(16)
    await client.call('ACL', 'SETUSER', 'partly', 'resetkeys', '~partly:layout')
    await expect(inPart.revoke('all', NOW)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', applied: 'no' })
    partly.disconnect()
  })

  it('lets one process sweep within an interval, however many ask, and the next one after that', async () => {
    const stores = Array.from({ length: 5 }, () => redisStore({ client, prefix: 'turns' }))
    const claims = async (interval: number) => await Promise.all(stores.map((each) => each.claimSweep(interval)))
    expect((await claims(3600)).filter(Boolean)).toHaveLength(1)
    expect((await claims(3600)).filter(Boolean)).toHaveLength(0)
    expect(await client.pttl('turns:sweeping')).toBeGreaterThan(3_590_000)
    await client.del('turns:sweeping') // as the server does in time
    expect((await claims(3600)).filter(Boolean)).toHaveLength(1)
    expect(await stores[0]?.sweep(NOW, 10)).toMatchObject({ more: false })
  })

  describe('expiry on the server', () => {
    const keysOf = async (id: string) => (await client.keys('sojourn:*')).filter((key) => key.endsWith(id)).sort()
    const left = async (key = '') => Math.round((await client.pttl(key)) / 1000)

    it('follows the deadline of a session, whatever the clocks say', async () => {
      const history = [{ at: NOW, remoteAddr: '', userAgent: '', source: 'login' }]
      const session = newSession(principal(), { createdAt: 5000, expiresAt: 5000 + HOUR, absoluteAt: 5000 + 3 * HOUR, history })
      await store.create(session)
      const [historyKey, sessionKey] = await keysOf(session.id)
      expect([await left(sessionKey), await left(historyKey)]).toEqual([3600, 3 * 3600])
      await store.update(session.id, { header: { expiresAt: 5000 + 2 * HOUR } }, 5000 + HOUR / 2)
      expect(await left(sessionKey)).toBe(1.5 * 3600)
      await store.update(session.id, { header: { absoluteAt: 5000 + 9 * HOUR } }, 5000 + HOUR)
      expect(await left(historyKey)).toBe(8 * 3600)
      await store.delete(session.id, 5000 + HOUR, 5000 + 2 * HOUR)
      expect(await keysOf(session.id)).toEqual([sessionKey])
      expect(await left(sessionKey)).toBe(3600)
    })

    it('spares the counters, or revoked sessions would come back', async () => {
      const owner = principal()
      await store.revoke({ principal: owner }, NOW)
      await store.revoke('guests', NOW)
      const counters = (await client.keys('sojourn:*')).filter((key) => key.endsWith('}:c'))
      expect(counters.length).toBeGreaterThanOrEqual(256)
      expect(await Promise.all(counters.map((key) => client.ttl(key)))).toEqual(counters.map(() => -1))
    })

    it('leaves nothing but counters behind once all is swept', async () => {
      const swept = redisStore({ client, prefix: 'swept' })
      const sessions = Array.from({ length: 50 }, (_, index) => newSession(index % 2 === 0 ? null : principal()))
      for (const session of sessions) await swept.create(session)
      for (const { id } of sessions.slice(0, 20)) await client.del((await client.keys(`swept:*:s:${id}`))[0] ?? '') // as the server does
      await swept.revoke('all', NOW)
      let removed = 0
      for (let more = true; more; ) {
        const step = await swept.sweep(NOW, 7)
        removed += step.removed
        more = step.more
      }
      expect(removed).toBe(50)
      const left = (await client.keys('swept:*')).filter((key) => !/:(?:r:|c$|layout$)/.test(key))
      const filled = await Promise.all(left.map(async (key) => [key.replace(/.*\}/, ''), await client.bitcount(key)]))
      expect(filled.filter(([name, bits]) => name !== ':i' || bits !== 0)).toEqual([])
    })
  })

  it('keeps a session packed, its long header fields in pieces', async () => {
    const userAgent = `Mozilla/5.0 ${'x'.repeat(200)}`
    const session = newSession(principal(), {
      details: { remoteAddr: '', userAgent, app: '', authType: '', methods: [], authenticatedAt: null },
      dataKey: bytes(65),
      successor: bytes(76),
      attributes: new Map([['a', attribute('x'.repeat(58), { expiresAt: NOW + SECOND, modifiedAt: NOW + 1, revision: 9 })]]),
    })
    await store.create(session)
    const [key = ''] = await client.keys(`sojourn:*:s:${session.id}`)
    await store.update(session.id, { header: { previousDataKey: bytes(65, 1) } }, NOW)
    expect(await client.object('ENCODING', key)).toBe('listpack')
    expect((await alive(store, session.id, NOW)).details.userAgent).toBe(userAgent)
    const long = { ...session.details, userAgent: 'y'.repeat(2000) }
    await store.update(session.id, { header: { details: long, successor: bytes(3) } }, NOW)
    const changed = await alive(store, session.id, NOW)
    expect([changed.details, changed.successor]).toEqual([long, bytes(3)])
  })
})

async function connected<T extends { connect(): Promise<unknown> }>(client: T): Promise<T> {
  await client.connect()
  return client
}

describe('options of the Redis store', () => {
  const client = new Redis({ lazyConnect: true })

  it.each([
    ['client', {}],
    ['client', { client: 'redis://127.0.0.1' }],
    ['prefix', { client, prefix: '{x}' }],
    ['waitReplicas', { client, waitReplicas: -1 }],
    ['waitReplicas', { client, waitReplicas: 'some' }],
    ['waitTimeout', { client, waitTimeout: 0 }],
    ['ttl', { client, ttl: 5 }],
  ])('refuses a bad `%s`', (field, options) => {
    const error = (() => {
      try {
        redisStore(options as never)
      } catch (error) {
        return error
      }
    })()
    expect(isSojournError(error, 'ERR_OPTION_INVALID') && error.errors[0]?.field).toBe(field)
  })

  it('refuses clients that read from replicas', () => {
    const readers = [
      new Cluster([], { lazyConnect: true, scaleReads: 'slave' }),
      new Redis({ lazyConnect: true, sentinels: [{ host: '127.0.0.1', port: 1 }], name: 'x', role: 'slave' }),
    ]
    for (const reader of readers) expect(() => redisStore(reader)).toThrow(/reads from replicas/)
  })
})

it('opens although the question with which it was to open before was lost', { timeout: 20_000 }, async () => {
  let isLost = true
  const answer = (name: string) => (name === 'GET' ? Buffer.from('2') : name === 'INFO' ? Buffer.from('') : null)
  const client = {
    sendCommand: ([name]: (string | Buffer)[]) => (isLost ? new Promise(() => {}) : Promise.resolve(answer(String(name)))),
    duplicate: () => client,
    connect: async () => undefined,
    destroy: () => undefined,
    on: () => undefined,
  }
  const store = withDeadline(redisStore(client), createDeadline(0.1))
  await expect(store.counters(principal())).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  isLost = false
  const counters = () => store.counters(principal()).catch(() => undefined)
  await expect.poll(counters, { timeout: 15_000 }).toEqual({ generation: 0, version: 0 })
})
