// Does a cache before PostgreSQL ride out every fault of its connection, and what does it ask of a client?
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import postgres from 'postgres'
import { type CacheOptions, type PostgresClient, postgresStore } from 'sojourn/postgres'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Effect } from '../../../src/sso/directory.ts'
import { userOf, writeOf } from '../../../src/testing/directory/directory-chapter.ts'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { faultProxy } from '../../support/fault-proxy.ts'
import { describePostgres, programs, startPostgres, urlOf } from '../../support/postgres.ts'
import { throughout } from '../../support/throughout.ts'
import { tryFaults } from './fault-runs.ts'
import { cacheOf } from './settling.ts'

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

describePostgres('a cache before PostgreSQL', (program) => {
  const server = throughout(() => startPostgres(program), 'stop')
  const direct = throughout(() => new pg.Pool({ connectionString: server().url, max: 4 }), 'end')
  beforeAll(async () => {
    await postgresStore(direct()).directory.listLinks('')
  })
  const other = () => postgresStore(direct()).sessions

  describe('through pg', () => {
    const open = async (port: number, cache: CacheOptions) => {
      const listening = new pg.Pool({ connectionString: urlOf(port), max: 4 })
      listening.on('error', () => undefined)
      const client: PostgresClient = Object.assign(
        { query: direct().query.bind(direct()), on: direct().on.bind(direct()) },
        { connect: async () => lent(direct(), listening), totalCount: 0 },
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
    tryFaults(open, other, server)
  })

  if (program === programs[0]) {
    describe('through postgres', () => {
      const open = async (port: number, cache: CacheOptions) => {
        const sql = postgres(server().url, { max: 2, fetch_types: false })
        const listening = postgres(urlOf(port), { max: 1, backoff: () => 0.05, connect_timeout: 2, fetch_types: false })
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
      tryFaults(open, other, server)
    })
  }

  it('tells nobody until somebody has a cache', async () => {
    const heard: string[] = []
    const sql = postgres(server().url, { max: 1, fetch_types: false })
    await sql.listen('quiet_changes', (payload) => heard.push(payload))
    const plain = postgresStore({ client: direct(), prefix: 'quiet' }).sessions
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
      { query: direct().query.bind(direct()), on: direct().on.bind(direct()) },
      { connect: () => hardOfHearing(direct()), totalCount: 0 },
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
    const proxy = await faultProxy(server().port)
    proxy.refuse()
    const sql = postgres(server().url, { max: 2, fetch_types: false })
    const listening = postgres(urlOf(proxy.port), { max: 1, backoff: () => 0.02, connect_timeout: 1, fetch_types: false })
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
    const client = new pg.Pool({ connectionString: server().url, max: 1 })
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
    expect(() => postgresStore({ client: new pg.Client(server().url), cache: {} })).toThrow(
      '`cache` needs a client that can listen',
    )
  })
})
