// Which tests are there, against which sources do they run, and how does a run end?
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import type { Reporter } from 'vitest/node'

/**
 * One plain closing line for everything that ran: "N passed, N failed, N skipped". What failed outside of a test counts as failed too: a file
 * that does not load, a hook, an error that nobody handled.
 */
const plain: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      for (const suite of [module, ...module.children.allSuites()]) count.failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state !== 'pending') count[state] += 1
      }
    }
    process.once('exit', () =>
      process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`),
    )
  },
}

const isFull = process.env['SOJOURN_RACES'] === 'full'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^sojourn$/, replacement: source('packages/sojourn/src/index.ts') },
      { find: /^sojourn\/(.+)$/, replacement: source('packages/sojourn/src/$1.ts') },
      { find: /^@sojourn\/server$/, replacement: source('packages/server/src/index.ts') },
    ],
  },
  test: {
    reporters: ['default', plain],
    // Much of the time goes to waiting for servers and processes, so that three share two cores; full counts keep theirs busy.
    maxWorkers: Math.ceil(availableParallelism() * (isFull ? 1 : 1.5)),
    globalSetup: 'packages/sojourn/test/support/templates.ts',
    include: ['packages/*/test/**/*.test.ts', 'examples/**/*.test.ts', 'tools/**/*.test.ts'],
    // A test that hangs is to be ended, and none that takes its time: on a busy machine everything takes ten times as long, and full counts more.
    testTimeout: isFull ? 3_600_000 : 600_000,
    hookTimeout: 600_000,
    // What must come has come at once where nobody else works on the machine, and where others do some time.
    expect: { poll: { timeout: 30_000 } },
    coverage: { provider: 'v8', include: ['packages/*/src/**'], reporter: ['text-summary'] },
  },
})
