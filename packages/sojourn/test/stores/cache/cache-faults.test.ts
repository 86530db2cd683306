// What does a cache answer while the way by which the news come is cut, silent or slow, and after it is there again?
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'
import postgres from 'postgres'
import { createClient } from 'redis'
import type { SessionChange, SessionStore } from 'sojourn'
import { type CacheOptions, type CacheStatus, type PostgresClient, postgresStore } from 'sojourn/postgres'
import { redisStore } from 'sojourn/redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Effect } from '../../../src/sso/directory.ts'
import { userOf, writeOf } from '../../../src/testing/directory/directory-chapter.ts'
import { attributes, bytes, HOUR, NOW, newSession, principal, SECOND } from '../../../src/testing/sessions/builders.ts'
import { alive, valuesOf } from '../../../src/testing/sessions/chapter.ts'
import { type FaultProxy, faultProxy } from '../../support/fault-proxy.ts'
import { describePostgres, type PostgresServer, programs, startPostgres } from '../../support/postgres.ts'
import { command, describeWith, REDIS, type RedisServer, startServer } from '../../support/redis.ts'
import { cacheOf } from './settling.ts'

/** A store with a cache whose news come through a proxy, and all else directly. */
interface Setting {
  readonly store: SessionStore
  close(): Promise<void>
}

/** A connection that hears echoes alone. */
async function hardOfHearing(pool: pg.Pool): Promise<unknown> {
  const own = await pool.connect()
  const on = own.on.bind(own)
  const listen = (name: string, hear: (fact: pg.Notification) => void) =>
    on(name as 'notification', (fact) => {
      if (name !== 'notification' || fact.payload?.startsWith('?')) hear(fact)
    })
  return { query: own.query.bind(own), on: listen, release: own.release.bind(own) }
}

/** A connection of the first pool, or of the second once it is asked to listen. */
function lent(direct: pg.Pool, listening: pg.Pool): unknown {
  const listeners: Parameters<pg.PoolClient['on']>[] = []
  let own: pg.PoolClient | undefined
  return {
    on: (...listener: (typeof listeners)[number]) => listeners.push(listener),
    async query(query: string | pg.QueryArrayConfig) {
      if (typeof query !== 'string') return await direct.query(query)
      own = await listening.connect()
      for (const listener of listeners) own.on(...listener)
      return await own.query(query)
    },
    release: () => own?.release(true),
  }
}

/** How long it may take to notice; a connection of the shortest interval is looked after once a second. */
const PATIENCE = { timeout: 10_000 }

/** @param open opens a cache whose news come through that port. */
function tryFaults(
  open: (port: number, cache: CacheOptions) => Promise<Setting>,
  other: () => SessionStore,
  server: () => { readonly port: number },
): void {
  let proxy: FaultProxy
  let setting: Setting
  let told: CacheStatus[]
  beforeEach(async () => {
    told = []
    proxy = await faultProxy(server().port)
  })
  const start = async (maxAge: number, strict = false) => {
    setting = await open(proxy.port, { maxAge, strict, onStatus: (status) => told.push(status) })
    await cacheOf(setting.store).settled()
  }
  afterEach(async () => {
    proxy.fault({})
    await setting.close()
    await proxy.close()
  })

  const isConnected = () => told.at(-1)?.connected === true

  /** A session that the cache holds, if it is connected. */
  async function held(): Promise<string> {
    const session = newSession(principal(), { attributes: attributes({ v: '0' }) })
    await other().create(session)
    if (isConnected()) await cacheOf(setting.store).settled() // a creation is news as well
    await alive(setting.store, session.id, NOW)
    return session.id
  }

  it('empties it when the connection breaks, and finds all anew when there is one again', async () => {
    await start(5)
    const ids = [await held(), await held()]
    expect(cacheOf(setting.store).size()).toBe(2)
    proxy.reset()
    await vi.waitUntil(() => !isConnected(), { timeout: 4000 }) // sooner than it is looked after
    expect(cacheOf(setting.store).size()).toBe(0)
    await other().delete(ids[0]!, NOW)
    expect(await setting.store.load(ids[0]!, 'all', NOW)).toBeUndefined()
    await vi.waitUntil(() => isConnected(), PATIENCE)
    expect(cacheOf(setting.store).size()).toBe(0)
    await alive(setting.store, ids[1]!, NOW)
    expect(cacheOf(setting.store).size()).toBe(1)
    await other().update(ids[1]!, { attributes: [{ name: 'v', when: 'always', value: '1' }] }, NOW)
    await cacheOf(setting.store).settled()
    expect(await valuesOf(setting.store, ids[1]!, NOW)).toEqual({ v: '1' })
  })

  it('is never older than its bound while the news are held back, and notices', async () => {
    await start(1)
    const id = await held()
    proxy.fault({ drops: 'half-open' })
    await other().delete(id, NOW)
    const answer = await setting.store.load(id, 'header', NOW + SECOND - 1)
    expect(typeof answer).toBe(isConnected() ? 'object' : 'undefined')
    expect(await setting.store.load(id, 'header', NOW + SECOND)).toBeUndefined()
    await vi.waitUntil(() => !isConnected(), PATIENCE)
    expect(cacheOf(setting.store).size()).toBe(0)
    proxy.fault({})
    proxy.reset()
    await vi.waitUntil(() => isConnected(), PATIENCE)
  })

  it('strictly sees at once what others did, though the news are held back', async () => {
    await start(60, true)
    const id = await held()
    proxy.fault({ drops: 'half-open' })
    const others: Record<string, SessionChange> = {
      attribute: { attributes: [{ name: 'v', when: 'always', value: '1' }] },
      sealed: { attributes: [{ name: 'v', when: 'always', value: bytes(3) }] },
      deadline: { header: { expiresAt: NOW + 2 * HOUR } },
      secret: { header: { secretHash: newSession(null).secretHash } },
      details: { header: { details: { ...newSession(null).details, app: 'other' } } },
    }
    for (const [name, change] of Object.entries(others)) {
      await other().update(id, change, NOW)
      expect(await alive(setting.store, id, NOW), name).toEqual(await alive(other(), id, NOW))
      expect(cacheOf(setting.store).size()).toBe(isConnected() ? 1 : 0)
    }
    await other().revoke('all', NOW)
    expect(await setting.store.load(id, 'all', NOW)).toBeUndefined()
  })

  it('answers from the store while the connection cannot be had', async () => {
    await start(1)
    proxy.refuse()
    proxy.reset()
    await vi.waitUntil(() => !isConnected(), PATIENCE)
    const id = await held()
    expect(cacheOf(setting.store).size()).toBe(0)
    await other().delete(id, NOW)
    expect(await setting.store.load(id, 'all', NOW)).toBeUndefined()
    await proxy.accept()
    await vi.waitUntil(() => isConnected(), PATIENCE)
  })
}

describeWith(REDIS, 'a cache before Redis', (kind) => {
  let server: RedisServer
  let direct: Redis
  beforeAll(async () => {
    server = await startServer(kind)
    direct = new Redis(server.port)
  })
  afterAll(async () => {
    direct.disconnect()
    await server.stop()
  })
  const other = () => redisStore({ client: direct })

  describe('through ioredis', () => {
    const open = async (port: number, cache: CacheOptions) => {
      const client = new Redis(server.port)
      const duplicate = client.duplicate.bind(client)
      client.duplicate = (override) => duplicate({ ...override, port })
      const store = redisStore({ client, cache })
      return {
        store,
        async close() {
          await store.close()
          client.disconnect()
        },
      }
    }
    tryFaults(open, other, () => server)
  })

  describe('through node-redis', () => {
    const open = async (port: number, cache: CacheOptions) => {
      const client = createClient({ socket: { host: '127.0.0.1', port: server.port } })
      const duplicate = client.duplicate.bind(client)
      client.duplicate = ((override: { socket: object }) =>
        duplicate({ ...override, socket: { ...override.socket, port } } as never)) as typeof client.duplicate
      await client.connect()
      const store = redisStore({ client, cache })
      return {
        store,
        async close() {
          await store.close()
          client.destroy()
        },
      }
    }
    tryFaults(open, other, () => server)
  })

  it('forgets what is removed past every store', async () => {
    const store = redisStore({ client: direct, prefix: 'past', cache: {} })
    await cacheOf(store).settled()
    const sessions = [newSession(null), newSession(null)]
    for (const session of sessions) {
      await store.create(session)
      await alive(store, session.id, NOW)
    }
    const [key = ''] = await direct.keys(`past:*${sessions[0]?.id}`)
    await direct.del(key)
    await cacheOf(store).settled()
    expect(await store.load(sessions[0]!.id, 'all', NOW)).toBeUndefined()
    await alive(store, sessions[1]!.id, NOW)
    await command(server.port, 'FLUSHALL')
    await cacheOf(store).settled()
    expect(await store.load(sessions[1]!.id, 'all', NOW)).toBeUndefined()
    await store.close()
  })

  it('sees the keys of a client that has a prefix of its own', async () => {
    const client = new Redis(server.port, { keyPrefix: 'mine:' })
    const [store, second] = [redisStore({ client, cache: {} }), redisStore({ client })]
    await cacheOf(store).settled()
    const session = newSession(principal())
    await second.create(session)
    await cacheOf(store).settled()
    await alive(store, session.id, NOW)
    expect(cacheOf(store).size()).toBe(1)
    await second.revoke('all', NOW)
    await cacheOf(store).settled()
    expect(await store.load(session.id, 'all', NOW)).toBeUndefined()
    await store.close()
    client.disconnect()
  })
})

describePostgres('a cache before PostgreSQL', (program) => {
  let server: PostgresServer
  let direct: pg.Pool
  beforeAll(async () => {
    server = await startPostgres(program)
    direct = new pg.Pool({ connectionString: server.url, max: 4 })
    await postgresStore(direct).directory.listLinks('')
  })
  afterAll(async () => {
    await direct?.end()
    await server?.stop()
  })
  const other = () => postgresStore(direct).sessions
  const proxied = (port: number) => `postgres://postgres@127.0.0.1:${port}/postgres`

  describe('through pg', () => {
    const open = async (port: number, cache: CacheOptions) => {
      const listening = new pg.Pool({ connectionString: proxied(port), max: 4 })
      listening.on('error', () => undefined)
      const client: PostgresClient = Object.assign(
        { query: direct.query.bind(direct), on: direct.on.bind(direct) },
        { connect: async () => lent(direct, listening), totalCount: 0 },
      )
      const store = postgresStore({ client, cache }).sessions
      return {
        store,
        async close() {
          await store.close()
          await listening.end()
        },
      }
    }
    tryFaults(open, other, () => server)
  })

  if (program === programs[0]) {
    describe('through postgres', () => {
      const open = async (port: number, cache: CacheOptions) => {
        const sql = postgres(server.url, { max: 2, fetch_types: false })
        const listening = postgres(proxied(port), { max: 1, backoff: () => 0.05, connect_timeout: 2, fetch_types: false })
        const client: PostgresClient = Object.assign(() => undefined, { unsafe: sql.unsafe, listen: listening.listen })
        const store = postgresStore({ client, cache }).sessions
        return {
          store,
          async close() {
            await store.close()
            await sql.end({ timeout: 0 })
            await listening.end({ timeout: 0 })
          },
        }
      }
      tryFaults(open, other, () => server)
    })
  }

  it('tells nobody until somebody has a cache', async () => {
    const heard: string[] = []
    const sql = postgres(server.url, { max: 1, fetch_types: false })
    await sql.listen('quiet_changes', (payload) => heard.push(payload))
    const plain = postgresStore({ client: direct, prefix: 'quiet' }).sessions
    const owner = principal()
    await plain.create(newSession(owner))
    await plain.bump(owner)
    const cached = postgresStore({ client: sql, prefix: 'quiet', cache: {} }).sessions
    await cacheOf(cached).settled()
    expect(heard.filter((payload) => !payload.startsWith('?'))).toEqual([])
    await plain.bump(owner)
    await cacheOf(cached).settled()
    expect(heard.filter((payload) => !payload.startsWith('?'))).toEqual([`cu:${owner.id}`])
    await cached.close()
    await sql.end()
  })

  it('heeds what its own directory does to sessions before that is answered, whatever becomes of the news', async () => {
    const client: PostgresClient = Object.assign(
      { query: direct.query.bind(direct), on: direct.on.bind(direct) },
      { connect: () => hardOfHearing(direct), totalCount: 0 },
    )
    const { sessions, directory } = postgresStore({ client, cache: {} })
    await cacheOf(sessions).settled()
    const user = userOf('careless')
    const owner = principal(user.userId)
    await directory.createUser(user, writeOf())
    const endings: Record<string, (effects: readonly Effect[]) => Promise<unknown>> = {
      update: (effects) => directory.updateUser(user.userId, { isLocked: true }, writeOf({ effects, applyEffects: 'here' })),
      delete: (effects) => directory.deleteUser(user.userId, writeOf({ effects, applyEffects: 'here' })),
    }
    for (const [name, end] of Object.entries(endings)) {
      const session = newSession(owner)
      await sessions.create(session)
      await alive(sessions, session.id, NOW)
      await other().bump(owner) // is not heard of
      expect(await alive(sessions, session.id, NOW)).toMatchObject({ version: (await other().counters(owner)).version - 1 })
      await end([{ kind: 'revoke', principal: owner }])
      expect(await sessions.load(session.id, 'all', NOW), name).toBeUndefined()
    }
    await sessions.close()
  })

  it('asks postgres.js to listen once, however long it cannot', async () => {
    const proxy = await faultProxy(server.port)
    proxy.refuse()
    const sql = postgres(server.url, { max: 2, fetch_types: false })
    const listening = postgres(proxied(proxy.port), { max: 1, backoff: () => 0.02, connect_timeout: 1, fetch_types: false })
    const heard: string[] = []
    let asked = 0
    const client: PostgresClient = Object.assign(() => undefined, {
      unsafe: sql.unsafe,
      listen(channel: string, hear: (payload: string) => void, ready: () => void) {
        asked += 1
        const count = (payload: string) => {
          heard.push(payload)
          hear(payload)
        }
        return listening.listen(channel, count, ready)
      },
    })
    const { sessions } = postgresStore({ client, cache: { maxAge: 1 } })
    const connected = cacheOf(sessions).settled()
    await delay(1000) // time for several attempts, of which nothing is told
    await proxy.accept()
    await connected
    heard.length = 0
    const session = newSession(principal())
    await other().create(session)
    await other().update(session.id, { header: { renewAt: 5 } }, NOW)
    await cacheOf(sessions).settled()
    expect(heard.filter((payload) => payload.endsWith(session.id))).toHaveLength(1)
    expect(asked).toBe(1)
    await sessions.close()
    await sql.end({ timeout: 0 })
    await listening.end({ timeout: 0 })
    await proxy.close()
  })

  it('refuses a pool that has no connection left for calls', () => {
    const client = new pg.Pool({ connectionString: server.url, max: 1 })
    expect(() => postgresStore({ client, cache: {} })).toThrow(
      expect.objectContaining({
        code: 'ERR_OPTION_INVALID',
        errors: [expect.objectContaining({ field: 'cache' })],
        fix: expect.stringContaining('max: 2'),
      }),
    )
    postgresStore({ client })
  })

  it('refuses a client that cannot listen', () => {
    expect(() => postgresStore({ client: new pg.Client(server.url), cache: {} })).toThrow(
      '`cache` needs a client that can listen',
    )
  })
})
