// Do the checks of our own find what they are there to find?
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileFaults } from './check-files.ts'
import { importFaults } from './check-imports.ts'
import { securityFaults } from './check-security.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checks-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

test('imports that go up, sideways, in a circle or to a package are found, type imports included', () => {
  write('engine/a.ts', "import type { B } from '../sso/b.ts'\n")
  write('sso/b.ts', "import { C } from '../engine/c.ts'\n")
  write('engine/c.ts', "import { a } from './a.ts'\nimport { readFileSync } from 'node:fs'\n")
  write(
    'stores/memory/m.ts',
    "import '../sqlite/s.ts'\nimport { login } from '../../sso/login/login.ts'\nimport type { D } from '../../sso/directory.ts'\n",
  )
  write('stores/redis/r.ts', "import Redis from 'ioredis'\n")
  write('index.ts', "// What is public?\nexport * from './engine/c.ts'\nexport const extra = 1\n")
  const faults = importFaults(folder)
  expect(faults).toContain('engine/a.ts imports sso/b.ts, which is not below it')
  expect(faults).toContain('engine/c.ts imports the package node:fs')
  expect(faults).toContain('stores/memory/m.ts imports stores/sqlite/s.ts, which is not below it')
  expect(faults).toContain('stores/memory/m.ts imports sso/login/login.ts; of sso a store sees sso/directory.ts only')
  expect(faults).toContain('stores/redis/r.ts imports the package ioredis')
  expect(faults).toContain('index.ts is an entry and holds more than exports')
  expect(faults.filter((fault) => fault.startsWith('cycle:'))).toHaveLength(1)
  expect(faults).toHaveLength(7)
})

test('a house in order has no faults', () => {
  write('engine/a.ts', "import { randomBytes } from 'node:crypto'\n")
  write('sso/b.ts', "import type { A } from '../engine/a.ts'\n")
  write('index.ts', "// What is public?\nexport type { A } from './engine/a.ts'\nexport { b } from './sso/b.ts'\n")
  expect(importFaults(folder)).toEqual([])
})

test('files without a question in their first line, that are two files, or that hide a full count, are found', () => {
  write('good.ts', '// What is this for?\n')
  write('mute.ts', 'export const a = 1\n')
  write('long.ts', `// What is this for?\n${'\n'.repeat(400)}`)
  write('large.test.ts', "// Is it large?\nimport { count } from '../support/scale.ts'\n")
  write('large.races.test.ts', "// Is it large?\nimport { count } from '../support/scale.ts'\n")
  expect(
    fileFaults([join(folder, '*.ts')]).map((fault) => fault.slice(folder.length + 1).replace(/:.*?(\d+ lines)?;? .*$/, '')),
  ).toEqual(['large.test.ts', 'long.ts', 'mute.ts'])
})

test('bindings of more than 60 lines are found, and nothing else of that length is', () => {
  const text = (lines: number) => `// What is this for?\n${'\n'.repeat(lines - 1)}`
  write('src/bindings/fastify.ts', text(61))
  write('src/bindings/hono.ts', text(60))
  write('src/bindings/node-response.ts', text(61))
  write('src/web/node.ts', text(61))
  expect(fileFaults([join(folder, 'src/**/*.ts')])).toEqual([
    `${join(folder, 'src/bindings/fastify.ts')}: 61 lines; a binding has at most 60`,
  ])
})

test('promises without a row, without a test, and tests that are not there are found', () => {
  write('one.test.ts', "test('is kept', () => {})\n")
  const row = (number: number, heldBy: string) => `| ${number} | It is kept. | ${heldBy} |`
  const rows = Array.from({ length: 32 }, (_, at) => row(at + 1, '`one.test.ts` "is kept"'))
  expect(securityFaults(rows.join('\n'), folder)).toEqual([])
  rows[1] = row(2, '`one.test.ts` "is kep"; `two.test.ts` "is kept"')
  rows[2] = row(3, 'everybody')
  rows[3] = row(4, 'not yet')
  rows[4] = row(6, '`one.test.ts` "is kept"')
  expect(securityFaults(rows.join('\n'), folder)).toEqual([
    'promise 5 does not have exactly one row',
    'promise 6 does not have exactly one row',
    'promise 2: one.test.ts has no test "is kep"',
    'promise 2: there is no two.test.ts',
    'promise 3 names no test, and is not said to be open',
  ])
})
