// What does the doctor find where something is missing, or where there is much to look at?
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { command } from './support/command.ts'
import { run, scratch } from './support/spawn.ts'
import { openOn, openStore } from './support/stores.ts'

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
