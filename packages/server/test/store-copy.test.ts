// Does everything arrive at another store, and does every token go on working there?
import { randomBytes } from 'node:crypto'
import type { SessionStore } from 'sojourn'
import { expect, test } from 'vitest'
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
import { copying, within, write } from './support/copying.ts'
import { dump } from './support/dump.ts'
import { type OpenStore, openOn, openStore } from './support/stores.ts'

const { place, source, argsOf, copy, furnished } = copying()

/** What holds of a target: it is the source once more, tokens work, sealed values open, and what was dead is dead. */
async function expectSame(target: OpenStore, tokens: Awaited<ReturnType<typeof furnished>>): Promise<void> {
  await using from = await openStore(source())
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
    const to = place('back')
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
      await within(source(), undefined, ({ sessions }) => multiply(sessions, tokens.token.slice(4, 28), 300))
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
