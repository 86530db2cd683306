// Does every source file say in its first line which question it answers, and stay short enough to answer one?
import { globSync, readFileSync } from 'node:fs'

/** Longer files are two files. */
const MOST_LINES = 300

/** A binding holds no policy: what makes it longer belongs in `web/`, or in a file of its own that says what it is for. */
const MOST_BINDING_LINES = 60
const BINDINGS = /\/src\/bindings\/(express|fastify|hono|node|express-session-store)\.ts$/

/** What is wrong with the files that match, a line each. */
export function fileFaults(patterns: readonly string[]): readonly string[] {
  return patterns
    .flatMap((pattern) => globSync(pattern, { exclude: ['**/node_modules/**', '**/dist/**'] }))
    .sort()
    .flatMap((path) => {
      const lines = readFileSync(path, 'utf8').split('\n')
      const first = lines[0]?.startsWith('#!') === true ? lines[1] : lines[0]
      const faults: string[] = []
      if (first?.startsWith('// ') !== true || !first.includes('?'))
        faults.push(`${path}: the first line does not say which question the file answers`)
      if (lines.length > MOST_LINES && !path.includes('/test/'))
        faults.push(`${path}: ${lines.length} lines; over ${MOST_LINES} it is two files`)
      const isCounted = lines.some((line) => /^import .*\/support\/scale\.ts'$/.test(line))
      if (isCounted && path.endsWith('.test.ts') && !path.endsWith('.races.test.ts'))
        faults.push(`${path}: counts that are larger in a full run belong in a .races.test.ts`)
      // The text ends with a line break, after which there is no line.
      if (BINDINGS.test(path.replaceAll('\\', '/')) && lines.length - 1 > MOST_BINDING_LINES)
        faults.push(`${path}: ${lines.length - 1} lines; a binding has at most ${MOST_BINDING_LINES}`)
      return faults
    })
}

if (import.meta.main) {
  const faults = fileFaults([
    'packages/*/src/**/*.ts',
    'packages/*/test/**/*.ts',
    'examples/**/*.ts',
    'tools/*.ts',
    'bench/src/*.ts',
  ])
  for (const fault of faults) console.error(fault)
  process.exitCode = faults.length === 0 ? 0 : 1
}
