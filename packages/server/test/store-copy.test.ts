// Does everything arrive at another store, and does every token go on working there?
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { SessionStore, Sojourn } from 'sojourn'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describePostgres, startPostgres } from '../../sojourn/test/support/postgres.ts'
import {
  describeWith,
  REDIS,
  type RedisKind,
  command as redisCommand,
  startServer,
  statistics,
} from '../../sojourn/test/support/redis.ts'
import { throughout } from '../../sojourn/test/support/throughout.ts'
import { anna } from './support/api.ts'
import { command } from './support/command.ts'
import { all, dump } from './support/dump.ts'
import { scratch } from './support/spawn.ts'
import { type OpenStore, openOn, openStore } from './support/stores.ts'

const write = (more = {}) => ({ now: Date.now(), audit: [], effects: [], applyEffects: 'later' as const, ...more })
const HOUR = 3_600_000

let folder: ReturnType<typeof scratch>
let source: string
beforeEach(() => {
  folder = scratch()
  source = `sqlite:${join(folder.path, 'source.db')}`
})
afterEach(() => folder[Symbol.dispose]())

interface Ends {
  readonly from?: string
  readonly fromSessions?: string
  readonly to: string
  readonly toSessions?: string
}

function argsOf({ from = source, fromSessions, to, toSessions }: Ends): readonly string[] {
  const optional = (flag: string, url: string | undefined) => (url === undefined ? [] : [flag, url])
  return [
    ...['store', 'copy', '--from', from, '--to', to],
    ...optional('--from-sessions', fromSessions),
    ...optional('--to-sessions', toSessions),
  ]
}

/** Runs a copy that must succeed. */
async function copy(ends: Ends, ...more: readonly string[]) {
  const { code, stdout, stderr } = await command([...argsOf(ends), '--json', ...more])
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout)
}

/** Fills a source with something of everything. */
async function furnish(sso: Sojourn, { directory }: OpenStore) {
  await sso.user.createSuperUser({
    data: { username: 'root', password: anna.password },
    requireSuperUser: false,
    autoApprove: true,
  })
  const annaId = await sso.user.createUser({
    data: { ...anna, email: 'anna@example.com' },
    requireSuperUser: false,
    autoApprove: true,
  })
  const bobId = await sso.user.createUser({
    data: { username: 'bob', password: anna.password },
    requireSuperUser: false,
    autoApprove: true,
  })
  const login = async (username: string) =>
    (await sso.user.login({ username, password: anna.password, currentApp: 'CRM', userAgent: 'Firefox 139.0' })).ust
  const token = await login('anna')
  const session = await sso.sessions.resume(token)
  await session?.session.attr.set('cart', [1, { price: 5n }])
  await session?.session.attr.set('iban', 'DE89 3704', { encrypt: true })
  await session?.session.attr.set('pin', '1234', { encrypt: true, expiration: 600 })
  const guest = await sso.sessions.start({ principal: null, attributes: { language: 'de' }, sliding: true })
  const ended = await login('anna')
  await sso.user.logout({ currentUst: ended })
  const revoked = await login('bob')
  await sso.sessions.revoke({ principal: bobId })

  const limits = { attributes: 10, bytes: 1000 }
  const change = (name: string, value: string | Uint8Array, now: number) =>
    directory.updateAttributes(annaId, [{ name, when: 'always', value, expiresAt: now + 10 * HOUR }], limits, write({ now }))
  await change('colour', '"red"', Date.now() - HOUR)
  await change('colour', '"blue"', Date.now() - HOUR / 2)
  await change('sealed', new Uint8Array([0, 255, 128]), Date.now())
  for (const [authId, isActive] of [
    ['9', true],
    ['3', false],
  ] as const)
    await directory.createLink({ userId: annaId, authType: 'jwt', authId, authUsername: 'a', isActive, creationTime: 5 }, write())
  for (const hash of ['one', 'two', 'taken'])
    await directory.createToken(
      { kind: 'reset', hash, userId: hash === 'two' ? null : annaId, createdAt: 1, expiresAt: Date.now() + HOUR, data: '"x"' },
      write(),
      'keep',
    )
  await directory.takeToken('reset', 'taken', Date.now())
  return { annaId, bobId, token, guest: guest.token, dead: [ended, revoked], login }
}

/** What holds of a target: it is the source once more, tokens work, sealed values open, and what was dead is dead. */
async function expectSame(target: OpenStore, tokens: Awaited<ReturnType<typeof furnish>>): Promise<void> {
  await using from = await openStore(source)
  expect(await dump(target)).toEqual(await dump(from))
  const sso = await openOn(target)
  const resumed = await sso.sessions.resume(tokens.token)
  const values = await resumed?.session.attr.getMany(['cart', 'iban', 'pin'])
  expect([...(values?.values() ?? [])].map((attribute) => [attribute?.value, attribute?.isEncrypted])).toEqual([
    [[1, { price: 5n }], false],
    ['DE89 3704', true],
    ['1234', true],
  ])
  expect((await (await sso.sessions.resume(tokens.guest))?.session.attr.get('language'))?.value).toBe('de')
  for (const token of tokens.dead) expect(await sso.sessions.resume(token)).toBeUndefined()
  const { userId } = await sso.user.login({ ...anna, currentApp: 'CRM' })
  expect(userId).toBe(tokens.annaId)
  const { items } = await target.directory.listAudit({ cid: 'store.copy', limit: 1 })
  expect(items[0]).toMatchObject({ outcome: 'ok', details: { phase: 'end', settled: true } })
}

async function furnished() {
  await using store = await openStore(source)
  const sso = await openOn(store)
  const made = await furnish(sso, store)
  await sso.close()
  return made
}

describePostgres('store copy', (program) => {
  const server = throughout(() => startPostgres(program), 'stop')
  let databases = 0

  /** A database of its own. */
  async function database(): Promise<string> {
    databases += 1
    const { default: postgres } = await import('postgres')
    const sql = postgres(server().url, { max: 1 })
    await sql.unsafe(`CREATE DATABASE d${databases}`)
    await sql.end()
    return server().url.replace(/postgres$/, `d${databases}`)
  }

  test('from SQLite to PostgreSQL: everything is the same, and the same once more', async () => {
    const tokens = await furnished()
    const to = await database()
    expect(await copy({ to })).toMatchObject({
      settled: true,
      passes: 2,
      kinds: {
        users: { source: 3, target: 3 },
        sessions: { source: 2, target: 2, changed: 2 },
        tokens: { source: 2, target: 2 },
      },
      sample: { compared: 2, different: 0 },
    })
    const again = await copy({ to })
    expect(again).toMatchObject({ settled: true, passes: 1 })
    for (const { changed } of Object.values<{ changed: number }>(again.kinds)) expect(changed).toBe(0)
    await using target = await openStore(to)
    await expectSame(target, tokens)
  })

  test('back from PostgreSQL to SQLite', async () => {
    const tokens = await furnished()
    const middle = await database()
    await copy({ to: middle })
    const to = `sqlite:${join(folder.path, 'back.db')}`
    expect(await copy({ from: middle, to })).toMatchObject({ settled: true })
    await using target = await openStore(to)
    await expectSame(target, tokens)
  })

  describeWith(REDIS, 'and Redis', (kind) => {
    const redis = throughout(() => startServer(kind), 'stop')
    let number = 0
    const sessionsUrl = () => `redis://127.0.0.1:${redis().port}/${number++}`

    test('from SQLite to PostgreSQL and Redis', async () => {
      const tokens = await furnished()
      const [to, toSessions] = [await database(), sessionsUrl()]
      expect(await copy({ to, toSessions })).toMatchObject({ settled: true, kinds: { sessions: { target: 2 } } })
      await using target = await openStore(to, toSessions)
      await expectSame(target, tokens)
    })

    test('a target that evicts sessions: warned of before, and a failure that names the target', async () => {
      using evicting = await startEvicting(kind)
      const tokens = await furnished()
      await within(source, undefined, ({ sessions }) => multiply(sessions, tokens.token.slice(4, 28), 300))
      const ends = { to: await database(), toSessions: `redis://127.0.0.1:${evicting.port}` }
      const { code, stdout, stderr } = await command(argsOf(ends))
      expect(stderr).toMatch(/^warning: Redis has `maxmemory-policy volatile-random`/m)
      expect([code, stdout]).toEqual([16, expect.stringMatching(/The target lost or changed data: \d+ of 200 sessions/)])
      const inJson = await command([...argsOf(ends), '--json'])
      expect([inJson.code, inJson.stderr]).toEqual([16, ''])
      expect(JSON.parse(inJson.stdout)).toMatchObject({ settled: false, sample: { lost: expect.any(Number) } })
    })

    test('sessions alone move to Redis, those of a revocation that was not made yet excepted', async () => {
      const tokens = await furnished()
      const middle = await database()
      await copy({ to: middle })
      const { bob } = await within(middle, undefined, async (store) => {
        const sso = await openOn(store)
        const { ust } = await sso.user.login({ username: 'bob', password: anna.password, currentApp: 'CRM' })
        await sso.close()
        return { bob: ust }
      })
      const [one, two] = [sessionsUrl(), sessionsUrl()]
      const ends = { from: middle, to: middle, toSessions: one }
      expect(await copy(ends)).toMatchObject({
        settled: true,
        kinds: { users: { source: 0 }, sessions: { source: 3, target: 3 } },
      })

      // Users and sessions are apart now; a process wrote down a revocation and was killed before it was made.
      await within(middle, one, async ({ directory }) => {
        const tag = Buffer.from(bob.slice(4, 28), 'base64url').subarray(0, 8).toString('hex')
        const effects = [{ kind: 'revoke' as const, principal: { id: tokens.bobId, tag } }]
        await directory.updateUser(tokens.bobId, { isLocked: true }, write({ effects }))
      })
      expect(await copy({ from: middle, fromSessions: one, to: middle, toSessions: two })).toMatchObject({
        settled: true,
        kinds: { sessions: { source: 2, target: 2 } },
      })
      await using target = await openStore(middle, two)
      const sso = await openOn(target)
      expect(await sso.sessions.resume(bob)).toBeUndefined()
      expect((await sso.sessions.resume(tokens.token))?.session.principal).toBe(tokens.annaId)
    })
  })
})

/** A server that has too little memory for what is copied into it, and ends sessions at random when it has none left. */
async function startEvicting(kind: RedisKind) {
  const server = await startServer(kind, '--maxmemory-policy', 'volatile-random')
  const { usedMemory } = await statistics(server.port)
  await redisCommand(server.port, 'CONFIG', 'SET', 'maxmemory', String(usedMemory + 1_500_000))
  return { port: server.port, [Symbol.dispose]: () => void server.stop() }
}

/** Makes many sessions like one. */
async function multiply(sessions: SessionStore, id: string, count: number): Promise<void> {
  const model = await sessions.load(id, 'all', Date.now())
  if (typeof model !== 'object') throw new Error('there is no session')
  const attribute = { createdAt: 1, modifiedAt: 1, expiresAt: null, revision: 1, value: `"${'x'.repeat(10_000)}"` }
  const ids = Array.from({ length: count }, () => `${id.slice(0, 8)}${randomBytes(12).toString('base64url')}`)
  await Promise.all(
    ids.map((each) => sessions.create({ ...model, id: each, history: [], attributes: new Map([['x', attribute]]) })),
  )
}

/** Works with a store and lets go of it. */
async function within<T>(db: string, sessions: string | undefined, run: (store: OpenStore) => Promise<T>): Promise<T> {
  await using store = await openStore(db, sessions)
  return await run(store)
}

describe('a second copy', () => {
  let to: string
  beforeEach(() => {
    to = `sqlite:${join(folder.path, 'target.db')}`
  })

  test('brings what has changed, ends what has ended, and follows names and links that changed hands', async () => {
    const { annaId, bobId, token, login: _, ...tokens } = await furnished()
    await copy({ to })
    const { fresh } = await within(source, undefined, async (store) => {
      const sso = await openOn(store)
      const { directory } = store
      const resumed = await sso.sessions.resume(token)
      await resumed?.session.attr.set('cart', [2])
      await resumed?.session.attr.delete('pin')
      const { ust } = await sso.user.login({ username: 'bob', password: anna.password, currentApp: 'CRM' })
      await sso.user.session.renew({ currentUst: ust })
      const guest = await sso.sessions.resume(tokens.guest)
      await sso.sessions.end(guest?.session.id ?? '')
      for (const [id, usernameKey] of [
        [annaId, 'spare'],
        [bobId, 'anna'],
        [annaId, 'bob'],
      ] as const)
        await directory.updateUser(id, { usernameKey, username: usernameKey }, write())
      await directory.deleteLink({ userId: annaId, authType: 'jwt', authId: '9' }, write())
      const link = { userId: bobId, authType: 'jwt', authId: '9', authUsername: 'b', isActive: true, creationTime: 6 }
      await directory.createLink(link, write())
      await directory.takeToken('reset', 'one', Date.now())
      await sso.user.createUser({ data: { ...anna, username: 'carla' }, requireSuperUser: false, autoApprove: true })
      await sso.close()
      return { fresh: ust }
    })
    expect(await copy({ to })).toMatchObject({ settled: true })
    await using target = await openStore(to)
    await using from = await openStore(source)
    expect(await dump(target)).toEqual(await dump(from))
    const sso = await openOn(target)
    expect((await sso.sessions.resume(fresh))?.session.principal).toBe(bobId)
    expect(await (await sso.sessions.resume(token))?.session.attr.names()).toEqual(['cart', 'iban'])
    expect(await sso.sessions.resume(tokens.guest)).toBeUndefined()
  })

  test('sessions revoked, users removed: none is left at the target', async () => {
    const { bobId, token } = await furnished()
    await copy({ to })
    await within(source, undefined, async (store) => {
      await store.sessions.revoke('all', Date.now())
      await store.directory.deleteUser(bobId, write())
    })
    expect(await copy({ to })).toMatchObject({ settled: true, kinds: { sessions: { target: 0 }, users: { target: 2 } } })
    await using target = await openStore(to)
    expect(await target.sessions.load(token.slice(4, 28), 'header', Date.now())).toBeUndefined()
    expect(await target.directory.findUser({ userId: bobId })).toBeUndefined()
  })

  test('a history alone that has grown is brought', async () => {
    const { token } = await furnished()
    await copy({ to })
    const id = token.slice(4, 28)
    await within(source, undefined, async ({ sessions }) => {
      const interaction = { at: Date.now(), remoteAddr: '192.0.2.7', userAgent: 'curl', source: 'renew' }
      await sessions.update(id, { header: { interaction } }, Date.now())
    })
    await copy({ to })
    await using target = await openStore(to)
    const listed = (await all((query) => target.sessions.list(query, Date.now()))).find((session) => session.id === id)
    expect(listed?.history.map(({ source }) => source)).toEqual(['login', 'renew'])
  })

  test.each([
    ['a login', async (sso: Sojourn) => void (await sso.user.login({ ...anna, currentApp: 'CRM' }))],
    [
      'a user',
      async (sso: Sojourn) =>
        void (await sso.user.createUser({
          data: { username: 'eve', password: anna.password },
          requireSuperUser: false,
          autoApprove: true,
        })),
    ],
  ])('%s at the target since: refused before anything is written, unless that is to be lost', async (_, act) => {
    await furnished()
    await copy({ to })
    await within(to, undefined, async (store) => {
      const sso = await openOn(store)
      await act(sso)
      await sso.close()
    })
    const before = await within(to, undefined, dump)
    const { code, stderr } = await command(argsOf({ to }))
    expect(code).toBe(16)
    expect(stderr).toMatch(/was used since it was copied to/)
    expect(await within(to, undefined, dump)).toEqual(before)
    expect(await copy({ to }, '--take-used-target')).toMatchObject({ settled: true })
    const { sessions, users } = (await within(to, undefined, dump)) as { sessions: unknown; users: unknown }
    expect({ sessions, users }).toEqual(
      await within(source, undefined, async (store) => {
        const found = (await dump(store)) as { sessions: unknown; users: unknown }
        return { sessions: found.sessions, users: found.users }
      }),
    )
  })

  test('a guest session at the target since, which leaves no record, is found as well', async () => {
    await furnished()
    await copy({ to })
    await within(to, undefined, async (store) => {
      const { items } = await store.sessions.list({ limit: 1 }, Date.now())
      const model = await store.sessions.load(items[0]?.id ?? '', 'header', Date.now())
      if (typeof model !== 'object') throw new Error('there is no session')
      const createdAt = Date.now() + 120_000 // as if some minutes had passed since the copy
      const guest = { ...model, id: 'A'.repeat(24), principal: null, createdAt, expiresAt: createdAt + HOUR }
      await store.sessions.create({ ...guest, history: [], attributes: new Map() })
    })
    const { code, stderr } = await command(argsOf({ to }))
    expect([code, stderr]).toEqual([16, expect.stringContaining(`session ${'A'.repeat(24)} is not known`)])
  })
})

describe('what is no end of a copy is refused', () => {
  test.each([
    [['--to', 'sqlite:x'], 2, /--from URL/],
    [['--from', 'sqlite:x'], 2, /--to URL/],
    [['--from', 'sqlite:missing.db', '--to', 'sqlite:x'], 16, /no database at sqlite:missing\.db/],
    [['--from', 'sqlite:./x', '--to', 'sqlite:x'], 2, /the same place/],
    [['--from', 'memory:', '--to', 'sqlite:x'], 2, /keeps nothing/],
    [['--from', 'SOURCE', '--to', 'memory:'], 2, /keeps nothing/],
    [['--from', 'SOURCE', '--to', 'redis://u:hidden@h'], 2, /keeps sessions only: name it with --to-sessions/],
    [['--from', 'redis://u:hidden@h', '--to', 'sqlite:x'], 2, /keeps sessions only: name it with --from-sessions/],
    [['--from', 'SOURCE', '--to', 'sqlite:x', '--db', 'sqlite:y'], 2, /--db/],
  ])('%j', async (args, exit, pattern) => {
    await furnished()
    const { code, stdout, stderr } = await command(['store', 'copy', ...args.map((arg) => (arg === 'SOURCE' ? source : arg))])
    expect([code, stdout]).toEqual([exit, ''])
    expect(stderr).toMatch(pattern)
    expect(stderr).not.toContain('hidden')
  })

  test('another installation, and a target with users that no copy made', async () => {
    await furnished()
    const to = `sqlite:${join(folder.path, 'other.db')}`
    await within(to, undefined, ({ directory }) => directory.installationKey(new Uint8Array(32).fill(7)))
    const other = await command(argsOf({ to }))
    expect([other.code, other.stderr]).toEqual([16, expect.stringContaining('belongs to another installation')])

    const used = `sqlite:${join(folder.path, 'used.db')}`
    await within(used, undefined, async (store) => {
      const sso = await openOn(store)
      await sso.user.createUser({ data: anna, requireSuperUser: false, autoApprove: true })
      await sso.close()
    })
    const refused = await command(argsOf({ to: used }))
    expect([refused.code, refused.stderr]).toEqual([16, expect.stringContaining('holds users already')])
  })
})
