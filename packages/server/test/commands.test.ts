// Do the commands do what they say, with the exit codes and the JSON they promise?
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SETTINGS } from '../src/settings/settings-table.ts'
import { command } from './support/command.ts'
import { run, scratch } from './support/spawn.ts'
import { openOn, openStore } from './support/stores.ts'

const PASSWORD = 'kZ9-a-long-enough-secret'

describe('on one database', () => {
  const folder = scratch()
  const cwd = folder.path
  const env = { SOJOURN_DB: `sqlite:${join(cwd, 'sojourn.db')}` }
  const sojourn = (line: string, input = '') => command(line.split(' '), { input, env })
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

test.each(['user list', 'session kill --all'])('%s makes no database where there is none', async (line) => {
  using folder = scratch()
  const { code, stderr } = await run(line.split(' '), { cwd: folder.path })
  expect(code).toBe(16)
  expect(stderr).toContain('There is no database at sqlite:sojourn.db. `sojourn serve --db sqlite:sojourn.db` makes one')
  expect(readdirSync(folder.path)).toEqual([])
})

describe('a place where nothing can be made', () => {
  const failed = async (line: string, cwd: string) => {
    const { code, stdout, stderr } = await run(line.split(' '), { cwd })
    expect([code, stdout]).toEqual([16, ''])
    expect(stderr).not.toMatch(/ENOENT|ENOTDIR|EISDIR|\.tmp/)
    return stderr
  }

  test('is named with the reason and the way out, for a database and for a key ring', async () => {
    using folder = scratch()
    writeFileSync(join(folder.path, 'file'), '')
    expect(await failed('serve --db sqlite:nowhere/x.db', folder.path)).toBe(
      'sojourn: There can be no database at sqlite:nowhere/x.db: its folder nowhere does not exist. Make the folder, or name another file with --db.\n',
    )
    expect(await failed('serve --db sqlite:file/x.db', folder.path)).toMatch(/sqlite:file\/x\.db: .* is not a folder\. .*--db/)
    for (const line of ['keys generate --keys-file nowhere/k', 'serve --keys-file nowhere/k'])
      expect(await failed(line, folder.path)).toBe(
        'sojourn: The key ring nowhere/k cannot be used: its folder nowhere does not exist. Make the folder, or name another file with --keys-file.\n',
      )
    expect(await failed('serve --keys-file .', folder.path)).toMatch(/key ring \. cannot be used: it is a folder\./)
    expect(readdirSync(folder.path)).toEqual(['file'])
  })

  test('is left as it was when the file is no database', async () => {
    using folder = scratch()
    writeFileSync(join(folder.path, 'x.db'), 'this is text, and no database at all\n'.repeat(100))
    for (const line of ['serve', 'user create anna --generate'])
      expect(await failed(`${line} --db sqlite:x.db`, folder.path)).toMatch(/^sojourn: sqlite:x\.db: .*cannot be read\. \S/)
    expect(readdirSync(folder.path)).toEqual(['x.db'])
  })
})

test.each(['user list', 'session kill --all', 'user create anna --generate'])(
  '%s has nothing to work on in memory, and says what has',
  async (line) => {
    for (const url of ['memory:', 'sqlite::memory:']) {
      const { code, stdout, stderr } = await command([...line.split(' '), '--db', url])
      expect([code, stdout]).toEqual([16, ''])
      expect(stderr).toMatch(/memory: keeps nothing .* Name a database with --db, such as sqlite:sojourn\.db\./)
    }
  },
)

test('a database whose name looks like a URI is the file of that name, kept to its owner', async () => {
  using folder = scratch()
  const line = ['user', 'create', 'anna', '--generate', '--db', 'sqlite:file:x.db']
  expect(await run(line, { cwd: folder.path })).toMatchObject({ code: 0, stderr: '' })
  expect(readdirSync(folder.path).toSorted()).toEqual(['file:x.db', 'file:x.db.keys'])
  expect(statSync(join(folder.path, 'file:x.db'))).toMatchObject({ mode: 0o100_600, size: expect.any(Number) })
  expect((await run(['user', 'list', '--db', 'sqlite:file:x.db'], { cwd: folder.path })).stdout).toContain('anna')
})

test('the doctor looks at all users for one who can administer, and says of how many it opened what is sealed', async () => {
  using folder = scratch()
  const db = `sqlite:${join(folder.path, 'sojourn.db')}`
  const findings = async () => JSON.parse((await command(['doctor', '--json', '--db', db])).stdout).findings
  await command(['user', 'create', 'anna', '--generate', '--db', db])
  {
    await using store = await openStore(db)
    await using sso = await openOn(store)
    const create = (number: number) => ({ data: { username: `a${number}` }, requireSuperUser: false })
    await Promise.all(Array.from({ length: 501 }, (_, number) => sso.user.createUser(create(number))))
  }
  expect(await findings()).toContainEqual(expect.objectContaining({ check: 'users', state: 'fault' }))
  await command(['user', 'create-super-user', 'zoe', '--generate', '--db', db])
  expect(await findings()).toContainEqual(expect.objectContaining({ check: 'users', state: 'ok' }))
  expect(await findings()).toContainEqual(
    expect.objectContaining({ finding: 'those of the first 500 users open with the key ring' }),
  )
})

test('the doctor says what is missing and makes nothing', async () => {
  using folder = scratch()
  const { code, stdout } = await run(['doctor'], { cwd: folder.path })
  expect(code).toBe(16)
  expect(stdout).toMatch(/FAULT +database: there is none/)
  expect(readdirSync(folder.path)).toEqual([])
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

describe('settings', () => {
  const shown = async (args: readonly string[], env: Record<string, string> = {}, file?: unknown) => {
    using folder = scratch()
    const path = join(folder.path, 'settings.json')
    if (file !== undefined) writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file))
    return await command(['serve', '--print-config', ...args, ...(file === undefined ? [] : ['--config', path])], { env })
  }

  test('flags go before the environment, the environment before the file, and secrets are masked', async () => {
    const key = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY'
    const { code, stdout } = await shown(
      ['--port', '1'],
      { SOJOURN_PORT: '2', SOJOURN_HOST: '::1', SOJOURN_KEYS: key, SOJOURN_SESSIONS: 'redis://u:hidden@h/0' },
      { port: 3, host: 'x', logLevel: 'warn', policy: { idleTimeout: 600 } },
    )
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      port: 1,
      host: '::1',
      logLevel: 'warn',
      keys: ['********'],
      sessions: 'redis://u:********@h/0',
      policy: { idleTimeout: 600, expiry: 3600 },
    })
    expect(stdout).not.toMatch(new RegExp(`${key}|hidden`))
  })

  test.each([
    ['an unknown name', [], {}, { prot: 1 }, /`prot`/],
    ['an unknown variable', [], { SOJOURN_PROT: '1' }, undefined, /SOJOURN_PROT/],
    ['an unknown name inside a stanza', [], {}, { password: { minLenght: 9 } }, /minLenght/],
    ['a port that is none', ['--port', '70000'], {}, undefined, /--port must be a whole number from 0 to 65535/],
    ['a port that is text', [], { SOJOURN_PORT: 'tcp://10.0.0.1:8080' }, undefined, /SOJOURN_PORT must/],
    ['a port of the wrong type', [], {}, { port: true }, /`port` of .*settings\.json must/],
    ['a file that is no JSON', [], {}, '{', /settings\.json must hold an object/],
    ['a file that is a list', [], {}, [], /settings\.json must hold an object/],
    ['a policy that contradicts itself', [], {}, { policy: { idleTimeout: 100_000 } }, /idleTimeout/],
  ])('%s is refused', async (_title, args, env, file, pattern) => {
    const { code, stdout, stderr } = await shown(args, env, file)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(pattern)
  })

  test.each([
    ['a proxy that is no address', ['--trusted-proxies', '10.0.0.0/8,garbage'], {}, /--trusted-proxies must hold addresses/],
    ['a network that is too wide', ['--trusted-proxies', '10.0.0.0/33'], {}, /--trusted-proxies must hold addresses/],
    ['a policy that contradicts itself', [], { SOJOURN_POLICY: '{"idleTimeout":100000}' }, /idleTimeout/],
    ['a key that is none', [], { SOJOURN_KEYS: 'short' }, /key/],
    ['a URL of sessions that is none', ['--sessions', 'nowhere:x'], {}, /is not a URL of a store/],
    ['a timeout that is none', [], { SOJOURN_STORE_TIMEOUT: '0' }, /storeTimeout/],
  ])('%s is refused before anything is made', async (_title, args, env, pattern) => {
    using folder = scratch()
    for (const flags of [[], ['--print-config']]) {
      const { code, stdout, stderr } = await command(['serve', '--db', `sqlite:${folder.path}/x.db`, ...flags, ...args], { env })
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(pattern)
    }
    expect(readdirSync(folder.path)).toEqual([])
  })

  test('what is in force is shown in full, with every default', async () => {
    const { code, stdout } = await command(['serve', '--print-config'], { env: { SOJOURN_PASSWORD: '{"minLength":15}' } })
    expect(code).toBe(0)
    const inForce = JSON.parse(stdout)
    expect(inForce).toMatchObject({
      db: 'sqlite:sojourn.db',
      sessions: null,
      keys: null,
      keysFile: 'sojourn.db.keys',
      sealing: 'token',
      storeTimeout: 2,
      sweepInterval: 300,
      apps: { all: ['CRM'], loginAllowed: ['CRM'], loginMetadataAllowed: [], informIfAppInvalid: true },
      policy: { expiry: 3600, absoluteTimeout: 86_400, renewalTimeout: null },
      login: { rejectIfNotListed: false, informIfLocked: true },
      password: { minLength: 15, maxLength: 256, expiry: 63_072_000, rejectList: expect.arrayContaining(['qwerty']) },
      session: { expiry: 3600 },
      signup: { isApprovalNeeded: true, maxLengthUsername: 128 },
      main: { encryptEmail: true },
      userAddressList: {},
    })
    expect(Object.keys(inForce).sort()).toEqual(Object.keys(SETTINGS).sort())
    const redis = await command(['serve', '--print-config', '--sessions', 'redis://h/0'])
    expect(JSON.parse(redis.stdout).sweepInterval).toBe(14_400)
  })

  test.each(['mysql://u:hidden@h/d', 'sojourn.db', 'sqlite:', 'sqlite://host/x', 'memory:x'])(
    'the URL %s is refused without telling its password',
    async (url) => {
      const { code, stderr } = await command(['serve', '--db', url])
      expect(code).toBe(2)
      expect(stderr).not.toContain('hidden')
    },
  )
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
