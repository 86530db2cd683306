// Where do commands make a database, and what do they say where there can be none?
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { command } from './support/command.ts'
import { run, scratch } from './support/spawn.ts'

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
