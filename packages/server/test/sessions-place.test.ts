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
  await (await serve([], { cwd }))[Symbol.asyncDispose]()
  expect((await sojourn('user lock anna')).stdout).toBe('Locked anna.\n')
})
