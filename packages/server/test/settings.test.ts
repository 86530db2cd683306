// Which settings are in force, and what is said of those that cannot be?
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SETTINGS } from '../src/settings/settings-table.ts'
import { command } from './support/command.ts'
import { scratch } from './support/spawn.ts'

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
