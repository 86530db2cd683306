// Do commands that end sessions refuse to look for them where the server does not keep them?
import { expect, test } from 'vitest'
import { request, run, scratch, serve } from './support/spawn.ts'

const ENDING = [
  'user lock anna',
  'user unlock anna',
  'user reject anna',
  'user password anna --generate',
  'user delete anna --yes',
  'session list',
  'session kill --user anna',
]

test('where a server keeps sessions elsewhere, they are not said to be ended by whoever does not know where', async () => {
  using folder = scratch()
  const cwd = folder.path
  const sojourn = async (line: string) => run(line.split(' '), { cwd })
  await sojourn('user create anna --generate')
  const { password } = JSON.parse((await sojourn('user create bert --generate --json')).stdout)
  const elsewhere = ['--sessions', 'sqlite:sessions.db']
  {
    await using server = await serve(elsewhere, { cwd })
    const login = await request(server.url, 'POST /v1/login', { body: { username: 'bert', password } })
    const { ust: token } = login.body
    // Whoever calls chooses the correlation id, but not what the record says.
    await request(server.url, 'GET /v1/session', { token, cid: 'serve.sessions' })
    for (const line of [...ENDING, 'user lock bert']) {
      const { code, stdout, stderr } = await sojourn(line)
      expect([code, stdout], line).toEqual([2, ''])
      expect(stderr, line).toMatch(/keeps sessions in sqlite:sessions\.db: name that with --sessions, or they go on\./)
    }
    expect((await request(server.url, 'GET /v1/session', { token })).status).toBe(200)
    expect((await sojourn('user list')).code).toBe(0)

    expect((await run(['user', 'lock', 'bert', ...elsewhere], { cwd })).stdout).toBe('Locked bert.\n')
    expect((await request(server.url, 'GET /v1/session', { token })).status).not.toBe(200)
  }
  expect((await sojourn('user lock anna')).code).toBe(2)
  await (await serve([], { cwd }))[Symbol.asyncDispose]()
  expect((await sojourn('user lock anna')).stdout).toBe('Locked anna.\n')
})

test('a copy has its sessions where it was copied to, and is not used by a server that starts on it', async () => {
  using folder = scratch()
  const cwd = folder.path
  await run(['user', 'create', 'anna', '--generate'], { cwd })
  await using source = await serve(['--sessions', 'sqlite:sessions.db'], { cwd })
  const from = ['--from', 'sqlite:sojourn.db', '--from-sessions', 'sqlite:sessions.db']
  const copy = (...to: string[]) => run(['store', 'copy', ...from, ...to], { cwd })
  const keys = ['--keys-file', 'sojourn.db.keys']

  expect((await copy('--to', 'sqlite:one.db')).code).toBe(0)
  expect((await run(['user', 'lock', 'anna', '--db', 'sqlite:one.db', ...keys], { cwd })).stdout).toBe('Locked anna.\n')

  const two = ['--to', 'sqlite:two.db', '--to-sessions', 'sqlite:others.db']
  expect((await copy(...two)).code).toBe(0)
  const target = await serve(['--db', 'sqlite:two.db', '--sessions', 'sqlite:others.db', ...keys], { cwd })
  await target[Symbol.asyncDispose]()
  expect(await copy(...two)).toMatchObject({ code: 0 })
  expect((await request(source.url, 'GET /readyz')).status).toBe(200)
})
