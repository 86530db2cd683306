// Does every URL lead to its store, does none tell its password, and does the doctor look at the servers behind them?
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { describePostgres, programs, startPostgres } from '../../sojourn/test/support/postgres.ts'
import {
  DEAD_AFTER,
  describeWith,
  REDIS,
  type RedisCluster,
  type RedisSentinels,
  type RedisServer,
  command as redisCommand,
  startCluster,
  startSentinels,
  startServer,
} from '../../sojourn/test/support/redis.ts'
import { throughout } from '../../sojourn/test/support/throughout.ts'
import { maskedUrl } from '../src/settings/settings.ts'
import { command } from './support/command.ts'
import { scratch } from './support/spawn.ts'
import { openOn, openStore } from './support/stores.ts'

let folder: ReturnType<typeof scratch>
let db: string
beforeEach(() => {
  folder = scratch()
  db = `sqlite:${join(folder.path, 'sojourn.db')}`
})
afterEach(() => folder[Symbol.dispose]())

test.each([
  ['postgres://u:hidden@h:1/d', 'postgres://u:********@h:1/d'],
  ['postgres://u:hi@dd/en:hid?den@h/d', 'postgres://u:********@h/d'],
  ['redis://:hidden@h', 'redis://:********@h'],
  ['redis+cluster://u:hidden@a:1,b:2', 'redis+cluster://u:********@a:1,b:2'],
  ['rediss+sentinel://u:hidden@a,b/name/2', 'rediss+sentinel://u:********@a,b/name/2'],
  ['postgres://h/d?sslmode=require&password=hidden&x=1', 'postgres://h/d?sslmode=require&password=********&x=1'],
  ['postgres://u@h/d', 'postgres://u@h/d'],
  ['sqlite:/tmp/a:b.db', 'sqlite:/tmp/a:b.db'],
])('%s is shown as %s', (url, shown) => expect(maskedUrl(url)).toBe(shown))

test.each([['redis://u:hidden@h'], ['redis+cluster://u:hidden@a,b'], ['redis+sentinel://u:hidden@a,b/name']])(
  '%s alone keeps no users',
  async (url) => {
    const { code, stdout, stderr } = await command(['user', 'list', '--db', url])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/keeps sessions only: name it with --sessions, beside a --db for users/)
    expect(stderr).not.toContain('hidden')
  },
)

test.each([
  ['redis://u:hidden@a,b'],
  ['redis://u:hidden@h/x'],
  ['redis://u:hidden@h/1/2'],
  ['redis://u:hidden@h:99999'],
  ['redis://u:hid@den@h'],
  ['redis://u:%hidden@h'],
  ['redis:h'],
  ['redis+cluster://u:hidden@a,b/1'],
  ['redis+cluster://u:hidden@a,,b'],
  ['redis+sentinel://u:hidden@a,b'],
  ['redis+sentinel://u:hidden@a,b/name/x'],
  ['redis+other://u:hidden@a'],
])('--sessions %s is refused, without its password', async (sessions) => {
  const { code, stdout, stderr } = await command(['user', 'list', '--db', db, '--sessions', sessions])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).not.toMatch(/hid|den@/)
})

test('a server that is not there is a clear error without the password, in bounded time', { timeout: 60_000 }, async () => {
  const keys = ['--keys-file', join(folder.path, 'keys')]
  const postgres = await command(['user', 'list', '--db', 'postgres://u:hidden@127.0.0.1:1/d', ...keys])
  expect([postgres.code, postgres.stderr]).toEqual([16, expect.stringContaining('PostgreSQL cannot be asked')])
  const doctor = await command(['doctor', '--json', '--db', 'postgres://u:hidden@127.0.0.1:1/d', ...keys])
  expect(JSON.parse(doctor.stdout).findings).toContainEqual(expect.objectContaining({ check: 'database', state: 'fault' }))
  expect(`${postgres.stderr}${doctor.stdout}${doctor.stderr}`).not.toContain('hidden')
})

describePostgres(
  'a PostgreSQL URL',
  (program) => {
    const server = throughout(() => startPostgres(program), 'stop')

    test('keeps users and sessions; the key ring must be named; the doctor tells the version and the settings', async () => {
      const keys = join(folder.path, 'keys')
      const list = await command(['user', 'list', '--db', server().url])
      expect([list.code, list.stderr]).toEqual([16, expect.stringContaining('There is no database at postgres://')])
      const unnamed = await command(['user', 'create', 'anna', '--generate', '--db', server().url])
      expect([unnamed.code, unnamed.stderr]).toEqual([2, expect.stringContaining('--keys-file')])
      const on = ['--db', server().url, '--keys-file', keys]
      expect((await command(['user', 'create-super-user', 'root', '--generate', ...on])).code).toBe(0)
      expect(JSON.parse((await command(['user', 'list', '--json', ...on])).stdout).users).toHaveLength(1)
      const { ust } = JSON.parse((await command(['session', 'login', 'root', '--json', ...on])).stdout)
      expect((await command(['session', 'show', ust.slice(4, 28), ...on])).code).toBe(0)

      const { findings } = JSON.parse((await command(['doctor', '--json', ...on])).stdout)
      expect(findings).toContainEqual({
        check: 'database',
        state: 'ok',
        finding: expect.stringMatching(/^PostgreSQL 1[5-8]\.\S+.*, 100 connections at most$/),
        fix: null,
      })
      // The servers of tests do not wait for the disk.
      expect(findings).toContainEqual({
        check: 'database',
        state: 'warning',
        finding: expect.stringContaining('`fsync` is off'),
        fix: 'Set `fsync = on`.',
      })
      expect(findings.filter(({ state }: { state: string }) => state === 'fault')).toEqual([])
    })
  },
  programs,
)

/** Keeps a session there and reads it. */
async function works(sessions: string): Promise<void> {
  await using store = await openStore(db, sessions)
  const sso = await openOn(store)
  const { token } = await sso.sessions.start({ principal: null, attributes: { a: 1 } })
  expect((await (await sso.sessions.resume(token))?.session.attr.get('a'))?.value).toBe(1)
}

describeWith(REDIS, 'a Redis URL', (kind) => {
  let server: RedisServer
  let cluster: RedisCluster
  let sentinels: RedisSentinels
  beforeAll(async () => {
    server = await startServer(kind)
    await redisCommand(server.port, 'CONFIG', 'SET', 'requirepass', 'hid/den')
    ;[cluster, sentinels] = await Promise.all([startCluster(kind, DEAD_AFTER.late), startSentinels(kind, DEAD_AFTER.late)])
  })
  afterAll(async () => {
    await Promise.all([server, cluster, sentinels].map((each) => each?.stop()))
  })

  test('leads to a single server, with a password and a database', async () => {
    await works(`redis://:hid%2Fden@127.0.0.1:${server.port}/3`)
    await expect(works(`redis://:wrong@127.0.0.1:${server.port}`)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  })

  test('leads to a cluster', async () => {
    await works(`redis+cluster://${cluster.servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`)
  })

  test('leads to the master that Sentinels name', async () => {
    const hosts = sentinels.sentinels.map(({ host, port }) => `${host}:${port}`).join(',')
    await works(`redis+sentinel://${hosts}/${sentinels.name}`)
  })

  test('the doctor tells what is wrong with the server', async () => {
    const url = `redis://:hid%2Fden@127.0.0.1:${server.port}`
    expect((await command(['user', 'create-super-user', 'root', '--generate', '--db', db])).code).toBe(0)
    const { stdout, stderr } = await command(['doctor', '--json', '--db', db, '--sessions', url])
    const { findings } = JSON.parse(stdout)
    expect(findings).toContainEqual({
      check: 'session store',
      state: 'warning',
      finding: expect.stringContaining('keeps nothing on disk'),
      fix: 'Set `appendonly yes`.',
    })
    expect(findings).toContainEqual(expect.objectContaining({ check: 'sessions', state: 'ok' }))
    expect(stdout + stderr).not.toContain('hid%2Fden')
  })
})
