// Is everything about the code right that needs no test to run? One line a check; the output of those that fail.
import { spawnSync } from 'node:child_process'

const checks = [
  ['types', 'tsc', '-p', 'tsconfig.json'],
  ['format and lint', 'biome', 'ci', '.'],
  ['type-aware lint', 'oxlint', '--type-aware', '--deny-warnings', 'packages', 'tools', 'examples'],
  ['imports go one way', 'node', 'tools/check-imports.ts'],
  ['files say what they answer', 'node', 'tools/check-files.ts'],
  ['exports exist', 'node', 'tools/check-exports.ts'],
  ['promises have tests', 'node', 'tools/check-security.ts'],
  ['package sojourn', 'publint', '--strict', 'packages/sojourn'],
  ['types of sojourn', 'attw', '--pack', 'packages/sojourn', '--profile', 'esm-only'],
  ['package @sojourn/server', 'publint', '--strict', 'packages/server'],
  ['nothing unused', 'knip', '--no-progress'],
]

let failed = 0
for (const [title, command, ...args] of checks) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', shell: process.platform === 'win32' })
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${title}`)
  if (status === 0) continue
  failed += 1
  console.log(`${stdout}${stderr}`)
}
process.exitCode = failed === 0 ? 0 : 1
