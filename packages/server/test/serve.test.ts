// Does the server start on nothing, start again, survive and stop, as a real process on a real file?
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { request, run, scratch, serve } from './support/spawn.ts'

test('the first start makes everything, tells the password once, and its account logs in', async () => {
  using folder = scratch()
  const options = { cwd: folder.path }
  await using first = await serve([], options)
  const { username, password } = first.credentials()
  expect(first.stdout()).toMatch(/^username: \S+\npassword: [A-Za-z0-9_-]{32}\n/)
  expect(first.stdout().split(String(password))).toHaveLength(2)
  expect(first.stdout()).toContain(join(folder.path, 'sojourn.db'))
  expect(first.stdout()).toContain(join(folder.path, 'sojourn.db.keys'))
  for (const file of readdirSync(folder.path)) expect(statSync(join(folder.path, file)).mode & 0o077, file).toBe(0)
  expect(readFileSync(join(folder.path, 'sojourn.db.keys'), 'utf8')).toMatch(/^#.*\n[A-Za-z0-9_-]{43}\n$/)

  const login = await request(first.url, 'POST /v1/login', { body: { username, password } })
  expect(login.status).toBe(201)
  first.child.kill('SIGTERM')
  expect(await first.ended).toMatchObject({ code: 0 })

  await using second = await serve([], options)
  expect(second.stdout()).not.toMatch(/^(username|password):/m)
  expect((await request(second.url, 'GET /v1/session', { token: login.body.ust })).body).toMatchObject({ username })
})

test('the line that is printed to log in works in a plain shell', async () => {
  using folder = scratch()
  await using server = await serve([], { cwd: folder.path })
  const { password } = server.credentials()
  const [line = ''] = /^ {2}stty .*$/m.exec(server.stdout()) ?? []
  const shell = spawnSync('sh', ['-c', line], { input: `${password}\n`, encoding: 'utf8' })
  expect(JSON.parse(shell.stdout)).toMatchObject({ username: 'admin', ust: expect.stringMatching(/^sjn_/) })
})

test('of several processes that start at once, one makes the first user, and all agree on the key ring', async () => {
  using folder = scratch()
  const options = { cwd: folder.path }
  const servers = await Promise.all([serve([], options), serve([], options), serve([], options)])
  try {
    const told = servers.map(({ credentials }) => credentials()).filter(({ password }) => password !== undefined)
    expect(told).toHaveLength(1)
    const users = JSON.parse((await run(['user', 'list', '--json'], options)).stdout)
    expect(users.users).toHaveLength(1)
    const [one, , three] = servers
    const { ust: token } = (await request(one!.url, 'POST /v1/login', { body: told[0] })).body
    const body = { name: 'pin', value: '1234', encrypt: true }
    expect((await request(one!.url, 'POST /v1/session/attributes', { token, body })).status).toBe(201)
    expect((await request(three!.url, 'GET /v1/session/attributes/pin', { token })).body.value).toBe('1234')
  } finally {
    for (const server of servers) await server[Symbol.asyncDispose]()
  }
})

test('SIGTERM lets a request in flight finish, then ends the process cleanly', async () => {
  using folder = scratch()
  await using server = await serve([], { cwd: folder.path })
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  let answer = ''
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text
  })
  const body = JSON.stringify(server.credentials())
  socket.write(
    `POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`,
  )
  await once(socket, 'data')
  expect(answer).toMatch(/^HTTP\/1\.1 100 /)
  server.child.kill('SIGTERM')
  await expect
    .poll(() =>
      fetch(`${server.url}/healthz`).then(
        () => 'open',
        () => 'closed',
      ),
    )
    .toBe('closed')
  socket.write(body)
  await once(socket, 'close')
  expect(answer).toContain('HTTP/1.1 201 Created')
  expect(answer.toLowerCase()).toContain('connection: close')
  expect(await server.ended).toMatchObject({ code: 0 })
})

test('a server goes on when nobody reads what it says any more', async () => {
  using folder = scratch()
  await using server = await serve([], { cwd: folder.path })
  server.child.stdout?.destroy()
  server.child.stderr?.destroy()
  for (let call = 0; call < 3; call += 1) expect((await request(server.url, 'GET /readyz')).status).toBe(200)
})

test('a killed process loses nothing that was acknowledged', async () => {
  using folder = scratch()
  const options = { cwd: folder.path }
  const killed = await serve([], options)
  const { ust: token } = (await request(killed.url, 'POST /v1/login', { body: killed.credentials() })).body
  for (let at = 0; at < 20; at++) {
    expect(
      (
        await request(killed.url, 'POST /v1/session/attributes', {
          token,
          body: { name: `n${at}`, value: at, encrypt: at % 2 === 0 },
        })
      ).status,
    ).toBe(201)
  }
  killed.child.kill('SIGKILL')
  await killed.ended
  await using again = await serve([], options)
  const { attributes } = (await request(again.url, 'GET /v1/session/attributes', { token })).body
  expect(Object.keys(attributes)).toHaveLength(20)
  expect(attributes.n18.value).toBe(18)
})

test('no live token is found in the files or on the standard streams', async () => {
  using folder = scratch()
  await using server = await serve([], { cwd: folder.path })
  const { ust: token } = (await request(server.url, 'POST /v1/login', { body: server.credentials() })).body
  await request(server.url, 'POST /v1/session/attributes', {
    token,
    body: { name: 'pin', value: 'canary-value-77', encrypt: true },
  })
  await request(server.url, `GET /v1/session?token=${token}`, { token })
  const texts = readdirSync(folder.path).map((file) => readFileSync(join(folder.path, file), 'latin1'))
  for (const text of [...texts, server.stdout(), server.stderr()]) {
    expect(text).not.toContain(token.slice(29))
    expect(text).not.toContain('canary-value-77')
  }
})

test('a port in use is a clear error', async () => {
  using folder = scratch()
  await using server = await serve([], { cwd: folder.path })
  const { code, stderr } = await run(['serve', '--port', new URL(server.url).port], { cwd: folder.path })
  expect(code).toBe(16)
  expect(stderr).toBe(`sojourn: 127.0.0.1 port ${new URL(server.url).port} is in use: choose another with --port.\n`)
})

test.each(['memory:', 'sqlite::memory:'])('a server in %s keeps nothing behind', async (db) => {
  using folder = scratch()
  await using server = await serve(['--db', db], { cwd: folder.path })
  expect((await request(server.url, 'POST /v1/login', { body: server.credentials() })).status).toBe(201)
  expect(readdirSync(folder.path)).toEqual([])
})

test('on a Node that is too old the command says so, before it imports anything', async () => {
  using folder = scratch()
  const old = "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.0'}})"
  const { code, stderr } = await run(['serve'], { cwd: folder.path, nodeArgs: ['--import', old] })
  expect(code).toBe(16)
  expect(stderr).toMatch(/^sojourn: this is Node 20\.20\.0, and Sojourn needs Node 26\.1 or newer .*\n$/)
  expect(readdirSync(folder.path)).toEqual([])
})
