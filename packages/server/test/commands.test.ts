// Do the commands do what they say, with the exit codes and the JSON they promise?
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createSojourn } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { webSessions } from 'sojourn/web'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command } from './support/command.ts'
import { run, scratch } from './support/spawn.ts'

const PASSWORD = 'kZ9-a-long-enough-secret'

describe('on one database', () => {
  const folder = scratch()
  const cwd = folder.path
  const env = { SOJOURN_DB: `sqlite:${join(cwd, 'sojourn.db')}` }
  const sojourn = (line: string, input: string | Buffer = '') => command(line.split(' '), { input, env })
  const json = async (line: string, input?: string) => {
    const { code, stdout, stderr } = await sojourn(`${line} --json`, input)
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout)
  }
  const user = async (name: string) =>
    (await json('user list')).users.find(({ username }: { username: string }) => username === name)

  beforeAll(async () => {
    const made = await sojourn('user create-super-user root --generate')
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Made root \(zusr\w+\)\.\npassword: \S{32}\n$/) })
    expect(
      (await json('user create anna --email anna@example.com --first-name Anna --password-stdin', `${PASSWORD}\n`)).username,
    ).toBe('anna')
  })
  afterAll(() => folder[Symbol.dispose]())

  test('users are listed and shown', async () => {
    expect(await user('root')).toMatchObject({ isSuperUser: true, approvalStatus: 'approved' })
    expect(await user('anna')).toMatchObject({
      isSuperUser: false,
      isLocked: false,
      approvalStatus: 'approved',
      signUpStatus: 'final',
    })
    expect(await json('user show ANNA')).toMatchObject({ username: 'anna', email: 'anna@example.com', firstName: 'Anna' })
    const { stdout } = await sojourn('user show anna')
    expect(stdout).toMatch(/^email +anna@example\.com$/m)
  })

  test.each([
    ['user create anna --password-stdin', PASSWORD, 20, /user of that name/],
    ['user create bob --password-stdin', 'short\n', 21, /password/i],
    ['user create bob --password-stdin', '', 2, /holds no password/],
    ['user create bob --password-stdin', Buffer.from(`caf\u00e9-${PASSWORD}`, 'latin1'), 2, /password as UTF-8/],
    ['session logout --token-stdin', Buffer.from('caf\u00e9', 'latin1'), 2, /token as UTF-8/],
    ['user create bob --password-stdin --generate', 'x', 2, /either/],
    ['user create bob', '', 2, /--password-stdin/],
    ['user create a\tb --password-stdin', PASSWORD, 2, /username/],
    ['user password anna --password-stdin', 'short\n', 21, /password/i],
    ['user lock nobody', '', 22, /nobody/],
    ['user show nobody', '', 22, /nobody/],
    ['user delete nobody --yes', '', 22, /nobody/],
    ['user delete anna', '', 2, /--yes/],
    ['user password nobody --generate', '', 22, /nobody/],
    ['user lock', '', 2, /username/],
    ['user lock anna extra', '', 2, /argument/],
    ['user lock anna --wrong', '', 2, /--wrong/],
    ['session kill', '', 2, /--user/],
    ['session kill --guests --all', '', 2, /--user/],
    ['session kill --user nobody', '', 22, /nobody/],
    ['session end AAAAAAAAAAAAAAAAAAAAAAAA', '', 16, /no live session/],
    ['session end x', '', 16, /named by its id/],
    ['session show x', '', 16, /named by its id/],
    ['session list --user anna --guests', '', 2, /either --user or --guests/],
    ['session list --limit 0', '', 2, /--limit/],
    ['session login nobody', '', 22, /nobody/],
    ['session logout --token-stdin', 'not-a-token', 16, /session/],
    ['user lock root', '', 16, /super-user/],
    ['nothing', '', 2, /unknown command/],
  ])('%s (%j) ends with %i', async (line, input, exit, pattern) => {
    const { code, stdout, stderr } = await sojourn(line, input)
    expect([code, stdout]).toEqual([exit, ''])
    expect(stderr).toMatch(pattern)
    expect(stderr).not.toMatch(/\bat .*\.js|SELECT/)
  })

  test.each([
    ['user lock anna --wrong', /^Unknown option '--wrong'/],
    ['user lock', /^Missing required argument 'username'/],
    ['user lock anna extra', /^Too many arguments/],
    ['nothing', /^Unknown command 'nothing'/],
    ['user create bob --password-stdin --generate', /either/],
  ])('a wrong use, %s, is JSON where JSON was asked for', async (line, pattern) => {
    const { code, stdout, stderr } = await sojourn(`${line} --json`, 'x')
    expect([code, stdout]).toEqual([2, ''])
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'USAGE', message: expect.stringMatching(pattern), fix: null, cid: expect.stringMatching(/^[0-9a-f]{24}$/) },
    })
  })

  test('a token that stands where something else belongs is not repeated', async () => {
    const { ust } = await json('session login anna')
    for (const line of [
      `session show ${ust}`,
      `session end ${ust}`,
      `session login ${ust}`,
      `session list --user ${ust}`,
      `session ${ust}`,
      `session list --limit ${ust}`,
      `sweep --db ${ust}`,
      `user show ${ust} --json`,
      `user show x --${ust}`,
    ]) {
      const { code, stdout, stderr } = await sojourn(line)
      expect(code, line).toBeGreaterThan(0)
      expect(stdout + stderr, line).not.toContain(ust.slice(29))
    }
    expect((await sojourn(`session end ${ust}`)).stderr).toMatch(/named by its id, never by its token\. .*session list/)
    await json('session kill --all')
  })

  test('an error is JSON where JSON was asked for', async () => {
    const { code, stderr } = await sojourn('user lock nobody --json')
    expect(code).toBe(22)
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'ERR_USER_MISSING', message: expect.any(String), fix: expect.any(String) },
    })
  })

  test('a user is locked, unlocked, rejected, approved, given a password and deleted', async () => {
    await json('user create bob --generate')
    await json('user lock bob')
    expect(await user('bob')).toMatchObject({ isLocked: true })
    await json('user unlock bob')
    expect(await user('bob')).toMatchObject({ isLocked: false })
    await json('user reject bob')
    expect(await user('bob')).toMatchObject({ approvalStatus: 'rejected' })
    await json('user approve bob')
    expect(await user('bob')).toMatchObject({ approvalStatus: 'approved' })
    expect(Object.keys(await json('user password bob --password-stdin --must-change', PASSWORD))).toEqual(['userId', 'username'])
    expect(await json('user show bob')).toMatchObject({ passwordMustChange: true })
    expect(await json('user delete bob --yes')).toMatchObject({ deleted: true })
    expect(await user('bob')).toBeUndefined()
  })

  test('sessions are opened, listed, shown, logged out, ended and killed, and no list holds a token', async () => {
    const { ust, username } = await json('session login anna')
    expect(username).toBe('anna')
    const id = ust.slice(4, 28)
    const list = await sojourn('session list --user anna --json')
    expect(JSON.parse(list.stdout).sessions.map((one: { id: string }) => one.id)).toEqual([id])
    expect(list.stdout).not.toContain(ust.slice(29))
    expect(await json(`session show ${id}`)).toMatchObject({ id, attributes: [] })
    expect(await json('session logout --token-stdin', `${ust}\n`)).toEqual({ loggedOut: true })
    expect((await json('session list')).sessions).toEqual([])

    const ids = [await json('session login anna'), await json('session login anna'), await json('session login root')].map(
      (one) => one.ust.slice(4, 28),
    )
    expect(await json(`session end ${ids[0]}`)).toEqual({ ended: ids[0] })
    expect(await json('session kill --user anna')).toEqual({ killed: 'anna' })
    expect((await json('session list')).sessions.map((one: { id: string }) => one.id)).toEqual([ids[2]])
    await json('session kill --guests')
    expect(await json('session kill --all')).toEqual({ killed: 'everyone' })
    expect((await json('session list')).sessions).toEqual([])
    expect((await json('sweep')).sessions).toBeGreaterThanOrEqual(2)
    expect(await json('sweep')).toEqual({ sessions: 0, tokens: 0 })
  })

  test('a session is shown without what the web face keeps beside its entries', async () => {
    await using sso = await createSojourn({ store: sqliteStore(join(cwd, 'sojourn.db')) })
    const web = webSessions(sso)
    const session = await web.load(new Request('http://127.0.0.1/'))
    session.set('cart', ['tea'])
    session.securityKey()
    await web.commit(session, new Response())
    expect((await json(`session show ${session.id}`)).attributes).toMatchObject([{ name: 'cart' }])
    await sso.sessions.revoke('guests')
  })

  test('a healthy installation has no fault', async () => {
    const { healthy, findings } = await json('doctor')
    expect(findings.filter(({ state }: { state: string }) => state !== 'ok')).toEqual([])
    expect(healthy).toBe(true)
    expect(findings.map(({ check }: { check: string }) => check)).toEqual([
      'node',
      'database',
      'key ring',
      'schema',
      'directory',
      'sessions',
      'users',
      'sealed values',
      'clock',
    ])
  })

  test('a wrong key ring is found, and said how to mend', async () => {
    const other = await sojourn(`keys generate --keys-file ${join(cwd, 'other.keys')}`)
    expect(other.code).toBe(0)
    const { code, stdout } = await sojourn(`doctor --json --keys-file ${join(cwd, 'other.keys')}`)
    expect(code).toBe(16)
    expect(JSON.parse(stdout).findings).toContainEqual({
      check: 'sealed values',
      state: 'fault',
      finding: '1 of 1 sealed e-mail addresses do not open',
      fix: expect.stringContaining('key ring'),
    })
  })

  test('a user whose address was sealed by a key that is gone is shown without it', async () => {
    await sojourn(`keys generate --keys-file ${join(cwd, 'later.keys')}`)
    const line = `user show anna --keys-file ${join(cwd, 'later.keys')}`
    expect(await json(line)).toMatchObject({ username: 'anna', email: null, unreadable: ['email'] })
    expect((await sojourn(line)).stdout).toMatch(/^email +\(sealed by a key that is not in the key ring\)$/m)
  })
})

test.each([
  ['EPIPE', 'nobody reads', ''],
  ['ENOSPC', 'goes to a full disk', 'sojourn: Standard output cannot be written: no space left on device.\n'],
])('%s: a command whose output %s ends as one that failed', async (code, _, stderr) => {
  const broken = Object.assign(new Error('no space left on device'), { code })
  expect(await command(['keys', 'generate'], { broken })).toMatchObject({ code: 16, stderr })
})

test('a first password that cannot be told ends the start, and says how to get another', async () => {
  using folder = scratch()
  const broken = Object.assign(new Error('nobody reads'), { code: 'EPIPE' })
  const db = `sqlite:${join(folder.path, 'sojourn.db')}`
  const { code, stderr } = await command(['serve', '--port', '0', '--db', db], { broken })
  expect(code).toBe(16)
  expect(stderr).toContain('its password could not be told. `sojourn user password admin --generate` makes another.')
})

test('keys are made for the screen or for a file that is not there yet', async () => {
  using folder = scratch()
  const file = join(folder.path, 'a.keys')
  const [one, two] = [await command(['keys', 'generate']), await command(['keys', 'generate', '--json'])]
  expect(one.stdout).toMatch(/^[A-Za-z0-9_-]{43}\n$/)
  expect(JSON.parse(two.stdout).key).not.toBe(one.stdout.trim())
  expect((await command(['keys', 'generate', '--keys-file', file])).code).toBe(0)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect((await command(['keys', 'generate', '--keys-file', file])).code).toBe(20)
  for (const option of ['--db', '--sessions', '--config'])
    expect(await command(['keys', 'generate', option, 'sqlite:x'])).toMatchObject({ code: 2, stdout: '' })
})

test.each([['user'], ['session'], ['keys'], ['store']])('%s --help shows an example', async (name) => {
  const { code, stdout } = await command([name, '--help'])
  expect([code, stdout]).toEqual([0, expect.stringContaining(`Example:\n  $ sojourn ${name} `)])
})

test.each([['serve'], ['user', 'create'], ['user', 'lock'], ['session', 'kill'], ['sweep'], ['keys', 'generate'], ['doctor']])(
  '%s %s --help shows an example',
  async (...names) => {
    const { code, stdout } = await command([...names, '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('Example:\n  $ ')
    expect(stdout).toContain(`sojourn ${names.join(' ')}`)
    expect(stdout).toContain('--json')
  },
)

test('the built command reads standard input, works in its directory, and ends with the exit codes', async () => {
  using folder = scratch()
  const cwd = folder.path
  const create = ['user', 'create', 'anna', '--password-stdin']
  expect(await run(create, { cwd, input: `${PASSWORD}\n` })).toMatchObject({ code: 0, stderr: '' })
  expect(readdirSync(cwd)).toContain('sojourn.db.keys')
  expect((await run(create, { cwd, input: PASSWORD })).code).toBe(20)
  expect((await run(['user', 'create', 'bob', '--password-stdin'], { cwd, input: 'short' })).code).toBe(21)
  expect((await run(['user', 'lock', 'nobody'], { cwd })).code).toBe(22)
  expect((await run(['user', 'lock'], { cwd })).code).toBe(2)
  expect((await run(['session', 'end', 'x'], { cwd })).code).toBe(16)
  expect(JSON.parse((await run(['user', 'list', '--json'], { cwd })).stdout).users).toHaveLength(1)
})
