// Are sessions found by their ids also where those begin like options, as one in 64 does?
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { command } from './support/command.ts'
import { scratch } from './support/spawn.ts'
import { openOn, openStore } from './support/stores.ts'

/** Makes a database with one session, which has this id. */
async function keep(db: string, id: string): Promise<void> {
  expect((await command(['user', 'create', 'anna', '--generate', '--db', db])).code).toBe(0)
  await using store = await openStore(db)
  const sso = await openOn(store)
  const { session } = await sso.sessions.start({ principal: null })
  const stored = await store.sessions.load(session.id, 'all', Date.now())
  if (typeof stored !== 'object') throw new Error('There is no session.')
  await store.sessions.create({ ...stored, id, history: [] })
  await store.sessions.delete(session.id, Date.now())
}

test.each([
  '-Bcdefghijklmnopqrstuvwx',
  '-Vcdefghijklmnopqrstuvwx', // begins like --version
  '-hcdefghijklmnopqrstuvwx',
  '--json--------------wxyz',
  '------------------------',
])('a session whose id is %s is shown and ended, wherever its id stands', async (id) => {
  using folder = scratch()
  const db = `sqlite:${join(folder.path, 'x.db')}`
  await keep(db, id)
  const lines = [
    ['show', '--json', '--db', db, id],
    ['show', id, '--db', db, '--json'],
    ['show', '--db', db, '--json', '--', id],
  ]
  for (const line of lines) {
    const { code, stdout, stderr } = await command(['session', ...line])
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({ id })
  }
  expect(await command(['session', 'end', id, '--db', db])).toEqual({ code: 0, stdout: `Ended ${id}.\n`, stderr: '' })
  expect((await command(['session', 'show', id, '--db', db])).stderr).toContain(`There is no live session ${id}.`)
})

test('what an option is given stays its own', async () => {
  const file = '-abcdefghijklmnopqrstuvw'
  for (const name of ['show', 'end']) {
    const { code, stderr } = await command(['session', name, '--config', file, 'x'])
    expect([code, stderr]).toEqual([2, expect.stringContaining(file)])
  }
})
