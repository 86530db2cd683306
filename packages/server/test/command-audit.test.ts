// Does the audit trail say who ran a command, and which records belong to one run?
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from 'sojourn/memory'
import { sqliteStore } from 'sojourn/sqlite'
import { expect, test } from 'vitest'
import { recordedDirectory } from '../src/command-line/recorded-directory.ts'
import { command } from './support/command.ts'
import { scratch } from './support/spawn.ts'

const PASSWORD = 'kZ9-a-long-enough-secret'
const ACTOR = `${userInfo().username}@${hostname()}`

async function recordsOf(file: string) {
  const { directory, sessions } = sqliteStore(file)
  try {
    return (await directory.listAudit({ limit: 1000, order: 'oldest-first' })).items
  } finally {
    await sessions.close()
    await directory.close()
  }
}

test('every command is recorded under user@host, an application of its own, and a correlation id of its run', async () => {
  using folder = scratch()
  const file = join(folder.path, 'sojourn.db')
  const sojourn = async (line: string, input = '') => {
    const ended = await command([...line.split(' '), '--json'], { input, env: { SOJOURN_DB: `sqlite:${file}` } })
    return { ...ended, records: await recordsOf(file) }
  }
  let seen = 0
  const cids = new Set<string>()
  const lines: readonly (readonly [line: string, operation: string, input?: string])[] = [
    ['user create-super-user root --password-stdin', 'user.create_super_user', PASSWORD],
    ['user create anna --password-stdin', 'user.create_user', PASSWORD],
    ['user lock anna', 'user.lock_user'],
    ['user unlock anna', 'user.unlock_user'],
    ['user reject anna', 'user.reject_user'],
    ['user approve anna', 'user.approve_user'],
    ['user password anna --password-stdin', 'user.set_password', `${PASSWORD}-2`],
    ['session login anna', 'user.login'],
    ['session kill --user anna', 'session.kill'],
    ['user delete anna --yes', 'user.delete_user_by_id'],
    ['user lock root', 'user.lock_user'],
  ]
  for (const [line, operation, input] of lines) {
    const { records } = await sojourn(line, input)
    const own = records.slice(seen)
    seen = records.length
    expect(
      own.map((record) => record.operation),
      line,
    ).toContain(operation)
    expect(new Set(own.map(({ actor }) => actor)), line).toEqual(new Set([ACTOR]))
    expect(new Set(own.map(({ app }) => app)), line).toEqual(new Set(['sojourn-cli']))
    const [cid = '', ...others] = new Set(own.map((record) => record.cid))
    expect([cid, others], line).toEqual([expect.stringMatching(/^[0-9a-f]{24}$/), []])
    cids.add(cid)
  }
  expect(cids.size).toBe(lines.length)
})

test('the end of a session says whose it was, and leaves a record also where there was none to end', async () => {
  using folder = scratch()
  const file = join(folder.path, 'sojourn.db')
  const env = { SOJOURN_DB: `sqlite:${file}` }
  await command(['user', 'create-super-user', 'root', '--password-stdin'], { input: PASSWORD, env })
  const { ust, userId } = JSON.parse((await command(['session', 'login', 'root', '--json'], { env })).stdout)
  const session = ust.slice(4, 28)
  const { stdout } = await command(['session', 'end', session], { env })
  const again = await command(['session', 'end', session], { env })
  expect([stdout, again.stderr]).toEqual([`Ended ${session}.\n`, expect.stringContaining('no live session')])
  const records = (await recordsOf(file)).filter(({ operation }) => operation === 'session.end')
  expect(records).toMatchObject([
    { outcome: 'ok', reason: null, actor: ACTOR, target: userId, details: { session } },
    { outcome: 'refused', reason: 'ERR_SESSION_ENDED', actor: ACTOR, target: null, details: { session } },
  ])
})

test('what others ask of a server that a command started stays theirs', async () => {
  const { directory } = memoryStore()
  const recorded = recordedDirectory(directory, 'own')
  const record = {
    at: 1,
    operation: 'user.login',
    outcome: 'ok',
    reason: null,
    target: 'anna',
    remoteAddr: '',
    details: {},
  } as const
  await recorded.appendAudit(['own', 'a-request'].map((cid) => ({ ...record, cid, actor: 'auto', app: 'CRM' })))
  const { items } = await directory.listAudit({ limit: 10, order: 'oldest-first' })
  expect(items.map(({ cid, actor, app }) => [cid, actor, app])).toEqual([
    ['own', ACTOR, 'sojourn-cli'],
    ['a-request', 'auto', 'CRM'],
  ])
})

test('the doctor leaves no record, so that a store that was examined is still one that nobody used', async () => {
  using folder = scratch()
  const file = join(folder.path, 'sojourn.db')
  const env = { SOJOURN_DB: `sqlite:${file}` }
  await command(['user', 'create-super-user', 'root', '--email', 'root@example.org', '--password-stdin'], {
    input: PASSWORD,
    env,
  })
  const before = await recordsOf(file)
  expect((await command(['doctor'], { env })).stdout).toContain('those of users open with the key ring')
  expect(await recordsOf(file)).toEqual(before)
})

test('an error that is told as JSON names the correlation id of its records', async () => {
  using folder = scratch()
  const file = join(folder.path, 'sojourn.db')
  const env = { SOJOURN_DB: `sqlite:${file}` }
  await command(['user', 'create-super-user', 'root', '--password-stdin'], { input: PASSWORD, env })
  const { stderr } = await command(['user', 'lock', 'root', '--json'], { env })
  const { cid } = JSON.parse(stderr).error
  expect((await recordsOf(file)).at(-1)).toMatchObject({ cid, operation: 'user.lock_user', outcome: 'refused' })
})
