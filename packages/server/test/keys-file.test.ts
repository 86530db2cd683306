// Is a key ring made once, whole, and for its owner alone?
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isOpenToOthers, newKey, readKeys, readOrMakeKeys } from '../src/keys-file.ts'
import { scratch } from './support/spawn.ts'

test('of many that make a key ring at once, one makes it and all read the same', async () => {
  using folder = scratch()
  const path = join(folder.path, 'ring')
  const rings = await Promise.all(Array.from({ length: 50 }, () => readOrMakeKeys(path)))
  expect(rings.filter(({ made }) => made)).toHaveLength(1)
  expect(new Set(rings.map(({ keys }) => keys.join())).size).toBe(1)
  expect(readdirSync(folder.path)).toEqual(['ring'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a ring of several keys is read in its order, comments and blank lines left out', async () => {
  using folder = scratch()
  const path = join(folder.path, 'ring')
  const keys = [newKey(), newKey()]
  writeFileSync(path, `# mine\n\n${keys[0]}\r\n  ${keys[1]}\n`)
  expect(await readKeys(path)).toEqual(keys)
})

test.each(['', '# nothing\n', 'too-short\n', `${'A'.repeat(43)}\nand then garbage\n`])(
  'the ring %j is refused and not replaced',
  async (text) => {
    using folder = scratch()
    const path = join(folder.path, 'ring')
    writeFileSync(path, text)
    await expect(readOrMakeKeys(path)).rejects.toThrow(path)
    expect(statSync(path).size).toBe(text.length)
  },
)

test('a ring that others may read is noticed', async () => {
  using folder = scratch()
  const path = join(folder.path, 'ring')
  await readOrMakeKeys(path)
  expect(await isOpenToOthers(path)).toBe(false)
  chmodSync(path, 0o640)
  expect(await isOpenToOthers(path)).toBe(true)
})
