// Which options does the PostgreSQL store take, how does it make its schema, and what does it refuse to open?
import { setImmediate } from 'node:timers/promises'
import pg from 'pg'
import postgres from 'postgres'
import { type PostgresClient, type PostgresOptions, postgresStore } from 'sojourn/postgres'
import { expect, it } from 'vitest'
import { database } from '../../../src/stores/postgres/postgres-database.ts'
import { postgresInvalidation } from '../../../src/stores/postgres/postgres-invalidation.ts'
import { sessionStatements } from '../../../src/stores/postgres/postgres-session-statements.ts'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { describePostgres, startPostgres } from '../../support/postgres.ts'
import { libraries, type OpenClient, openAdmin } from '../../support/postgres-clients.ts'
import { throughout } from '../../support/throughout.ts'

const [library] = libraries

it('names the option that is wrong', () => {
  const client: PostgresClient = { query: async () => ({ rows: [] }), on: () => {} }
  const wrong = [
    [{ client, prefix: 'Bad-Name' }, 'prefix'],
    [{ client, prefix: 'x; DROP TABLE users' }, 'prefix'],
    [{ client, partitions: 3 }, 'partitions'],
    [{ client, synchronousCommit: 'maybe' }, 'synchronousCommit'],
    [{ client, unlogged: 'yes' }, 'unlogged'],
    [{ client, prepare: 1 }, 'prepare'],
    [{ client, callTimeout: 0 }, 'callTimeout'],
    [{ client, shards: 3 }, 'shards'],
    [{ client: 'postgres://127.0.0.1' }, 'client'],
    [{}, 'client'],
    ['postgres://127.0.0.1', 'client'],
    [undefined, 'client'],
  ] as const
  for (const [options, field] of wrong) {
    expect(() => postgresStore(options as unknown as PostgresOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID', errors: [expect.objectContaining({ field })] }),
    )
  }
})

it.each([
  ['connect', 'no'],
  ['read', 'unknown'], // how a host that was lost shows on a connection that is there, after the statement was sent
])('knows an unreachable host by what was tried: %s', async (syscall, applied) => {
  const settings = [[JSON.stringify({ schema: '1', unlogged: 'false', partitions: '1' })]]
  const client: PostgresClient = {
    async query({ text }) {
      if (text.includes('_meta')) return { rows: settings }
      throw Object.assign(new Error(`${syscall} EHOSTUNREACH`), { code: 'EHOSTUNREACH', syscall })
    },
    on: () => {},
  }
  const { sessions } = postgresStore(client)
  await expect(sessions.bump(principal())).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', applied })
})

it('warns once of a client of postgres.js that fetches types: cut meanwhile, it ends the process', async () => {
  const warnings: (Error & { code?: string; detail?: string })[] = []
  const hear = (warning: Error) => void warnings.push(warning)
  process.on('warning', hear)
  for (const options of [{}, { fetch_types: true }, { fetch_types: false }]) {
    const client = postgres('postgres://127.0.0.1', { max: 1, ...options })
    expect(postgresStore(client)).toHaveProperty('sessions')
    expect(postgresStore({ client })).toHaveProperty('sessions')
  }
  await setImmediate()
  process.off('warning', hear)
  const expected = { name: 'SojournWarning', code: 'SOJOURN_FETCH_TYPES', detail: expect.stringContaining('fetch_types: false') }
  expect(warnings.filter(({ name }) => name === 'SojournWarning')).toEqual([
    expect.objectContaining(expected),
    expect.objectContaining(expected),
  ])
})

describePostgres('the schema', (program) => {
  const server = throughout(() => startPostgres(program), 'stop')
  const admin = throughout(() => openAdmin(server().url), 'end')

  async function withClient<T>(use: (client: PostgresClient) => Promise<T>): Promise<T> {
    const opened: OpenClient = library!.open(server().url, 2)
    try {
      return await use(opened.client)
    } finally {
      await opened.end()
    }
  }

  it('is made once by many who start at the same time', async () => {
    const clients = Array.from({ length: 10 }, (_, index) => libraries[index % libraries.length]!.open(server().url, 1))
    const owner = principal()
    const stores = clients.map(({ client }) => postgresStore({ client, prefix: 'race' }))
    const sessions = stores.map(() => newSession(owner))
    await Promise.all(stores.map((store, index) => store.sessions.create(sessions[index]!)))
    for (const session of sessions) await alive(stores[0]!.sessions, session.id, NOW)
    await Promise.all(clients.map((each) => each.end()))
  })

  it('keeps stores of different prefixes apart', () =>
    withClient(async (client) => {
      const [one, two] = [postgresStore({ client, prefix: 'one' }), postgresStore({ client, prefix: 'two' })]
      const session = newSession(principal())
      await one.sessions.create(session)
      expect(await two.sessions.load(session.id, 'all', NOW)).toBeUndefined()
      await two.sessions.revoke('all', NOW)
      await alive(one.sessions, session.id, NOW)
    }))

  it('of a newer version is not touched', () =>
    withClient(async (client) => {
      await postgresStore({ client, prefix: 'newer' }).directory.listLinks('')
      await admin().run(`UPDATE newer_meta SET value = '1000' WHERE name = 'schema'`)
      const late = postgresStore({ client, prefix: 'newer' })
      await expect(late.sessions.revoke('all', NOW)).rejects.toMatchObject({ code: 'ERR_SCHEMA_OUTDATED' })
      await expect(late.directory.listUsers({ limit: 1 })).rejects.toMatchObject({ code: 'ERR_SCHEMA_OUTDATED' })
      expect(await admin().run('SELECT count(*)::integer FROM newer_generations')).toEqual([[0]])
    }))

  it('of another layout is refused, by name', () =>
    withClient(async (client) => {
      await postgresStore({ client, prefix: 'laid', partitions: 4, unlogged: true }).directory.listLinks('')
      const refused = (options: Partial<PostgresOptions>) =>
        expect(postgresStore({ client, prefix: 'laid', ...options }).sessions.bump(principal())).rejects.toMatchObject({
          code: 'ERR_OPTION_INVALID',
        })
      await refused({ partitions: 4 })
      await refused({ partitions: 8, unlogged: true })
      await postgresStore({ client, prefix: 'laid', partitions: 4, unlogged: true }).sessions.bump(principal())
    }))

  it('says what is missing to a role that may not make it, and opens once it may', async () => {
    await admin().run('CREATE ROLE guest LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC')
    const opened = library!.open(server().url.replace('postgres@', 'guest@'), 1)
    const { sessions } = postgresStore({ client: opened.client, prefix: 'late' })
    await expect(sessions.revoke('all', NOW)).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      applied: 'no',
      fix: expect.stringContaining('CREATE'),
    })
    await admin().run('GRANT CREATE ON SCHEMA public TO guest')
    await sessions.revoke('all', NOW)
    await opened.end()
  })

  it('says what is missing to a role that may not use the tables of another, and works once it may', async () => {
    await admin().run('CREATE ROLE lodger LOGIN')
    await withClient((client) => postgresStore({ client, prefix: 'let' }).sessions.revoke('all', NOW))
    const opened = library!.open(server().url.replace('postgres@', 'lodger@'), 1)
    const { sessions, directory } = postgresStore({ client: opened.client, prefix: 'let' })
    const rights = 'SELECT, INSERT, UPDATE, DELETE'
    await expect(sessions.revoke('all', NOW)).rejects.toMatchObject({ applied: 'no', fix: expect.stringContaining(rights) })
    await admin().run(`GRANT ${rights} ON ALL TABLES IN SCHEMA public TO lodger`)
    const session = newSession(principal())
    await sessions.create(session)
    await sessions.update(session.id, { attributes: [{ name: 'a', when: 'always', add: 1 }] }, NOW)
    await sessions.sweep(session.expiresAt, 10)
    await directory.appendAudit([])
    await opened.end()
  })

  it('reads what was written, however the application has its client read whole numbers', async () => {
    const INTEGER = 23
    const parsers: readonly ((text: string) => unknown)[] = [String, BigInt]
    for (const [index, parse] of parsers.entries()) {
      const pool = new pg.Pool({
        connectionString: server().url,
        types: { getTypeParser: (type: number) => (type === INTEGER ? parse : String) },
      })
      const sql = postgres(server().url, {
        max: 1,
        fetch_types: false,
        types: { whole: { to: INTEGER, from: [INTEGER], serialize: String, parse } },
      })
      for (const client of [pool, sql]) {
        const { sessions, directory } = postgresStore({ client, prefix: 'parsed' })
        const session = newSession(principal(), { sliding: true })
        await sessions.create(session)
        expect(await alive(sessions, session.id, NOW)).toMatchObject({ sliding: true })
        expect(await sessions.delete(session.id, NOW)).toBe(true)
        const userId = `u${index}`
        await admin().run(`INSERT INTO parsed_links (user_id, auth_type, auth_id, auth_username, is_active, creation_time)
          VALUES ('${userId}', 'ldap', '${userId}', '', true, 0) ON CONFLICT DO NOTHING`)
        expect(await directory.listLinks(userId)).toMatchObject([{ isActive: true }])
      }
      await Promise.all([pool.end(), sql.end()])
    }
  })

  it('gives a connection back that hears nothing, when nobody waits for it any more', async () => {
    const pool = new pg.Pool({ connectionString: server().url })
    let asked = 0
    const deaf = Object.assign(Object.create(pool), {
      query: pool.query.bind(pool),
      async connect() {
        const own = await pool.connect()
        const query = (given: string | pg.QueryArrayConfig) => {
          if (typeof given !== 'string') return own.query(given)
          asked += 1 // a pooler takes the `LISTEN` to another connection
          return Promise.resolve()
        }
        return { query, on: own.on.bind(own), release: own.release.bind(own) }
      },
    })
    const [layout, prefix] = [{ unlogged: false, partitions: 1 }, 'deaf']
    const tables = database({ client: deaf, prefix, prepare: true, layout, callTimeout: 10 })
    const channel = postgresInvalidation(deaf, tables, prefix, sessionStatements(prefix, false).listening)
    const listener = { session: () => {}, group: () => {}, everything: () => {}, broken: () => {} }
    const lent = () => pool.totalCount - pool.idleCount
    const attempt = new AbortController()
    void channel.connect(listener, attempt.signal)
    await expect.poll(() => [asked, lent()]).toEqual([1, 1])
    attempt.abort()
    expect(lent()).toBe(0)
    await pool.end()
  })

  it('spreads sessions over the partitions, a principal in one', () =>
    withClient(async (client) => {
      const { sessions } = postgresStore({ client, prefix: 'parts', partitions: 16 })
      const owners = Array.from({ length: 200 }, () => principal())
      await Promise.all(owners.flatMap((owner) => [sessions.create(newSession(owner)), sessions.create(newSession(owner))]))
      const [row] = await admin().run('SELECT count(DISTINCT tableoid)::integer FROM parts_sessions')
      expect(row).toEqual([16])
      const homes = await admin().run('SELECT count(DISTINCT tableoid)::integer FROM parts_sessions GROUP BY scope')
      expect(new Set(homes.flat())).toEqual(new Set([1]))
    }))

  it('writes nothing for a touch that comes too soon', () =>
    withClient(async (client) => {
      const { sessions } = postgresStore({ client, prefix: 'touch' })
      const session = newSession(principal())
      await sessions.create(session)
      const version = () => admin().run('SELECT ctid::text FROM touch_sessions')
      const before = await version()
      const header = { expiresAt: session.expiresAt + 299_999, touchInterval: 300_000 }
      expect(await sessions.update(session.id, { header }, NOW)).toMatchObject({ outcome: 'done' })
      expect(await version()).toEqual(before)
      await sessions.update(session.id, { header: { ...header, expiresAt: session.expiresAt + 300_000 } }, NOW)
      expect(await version()).not.toEqual(before)
    }))
})

it('hands nobody the answer to a question of another, should a client ever mix them up', async () => {
  const asked = newSession(principal())
  const other = newSession(principal())
  const described = [['{"schema":"1","unlogged":"false","partitions":"1"}']]
  const row = (id: string) => [
    id,
    'guests',
    NOW,
    NOW + 1000,
    NOW + 1000,
    null,
    null,
    0,
    '',
    null,
    null,
    null,
    null,
    '{}',
    0,
    '{}',
  ]
  const client: PostgresClient = {
    query: async ({ text }) => ({ rows: text.includes('_meta') ? described : [row(other.id)] }),
    on: () => {},
  }
  const { sessions } = postgresStore(client)
  await expect(sessions.load(asked.id, 'all', NOW)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  await expect(sessions.list({ principal: principal(), limit: 1 }, NOW)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
})

it('opens although the question with which it was to open before was lost', async () => {
  const answers = [
    () => new Promise<never>(() => undefined),
    async () => [['{"schema":"1","unlogged":"false","partitions":"1"}']],
  ]
  const client: PostgresClient = {
    query: async ({ text }) => ({
      rows: text.includes('_meta') ? await (answers.length > 1 ? answers.shift() : answers[0])!() : [[0, 0]],
    }),
    on: () => {},
  }
  const { sessions } = postgresStore({ client, callTimeout: 0.1 })
  await expect(sessions.counters(principal())).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  await expect.poll(() => sessions.counters(principal()).catch(() => undefined)).toEqual({ generation: 0, version: 0 })
})
