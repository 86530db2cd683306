// What do sessions add to a request, next to the peers' and over the same bare framework? Targets 1, 2 and 8.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { SuiteResult, Verdict } from '../report.ts'
import { EMBEDDED } from '../web/contestants.ts'
import { ask } from '../web/load.ts'
import type { Runner } from '../web/processes.ts'
import { atMost, type Ours } from '../web/rounds.ts'
import { runWeb } from '../web/suite.ts'

const OURS: Ours = { name: 'Sojourn on SQLite', on: (framework) => `Sojourn, SQLite, on ${framework}` }
const IN_MEMORY: Ours = { name: 'Sojourn in memory', on: (framework) => `Sojourn, memory, on ${framework}` }

/** 10,000 reads of one session over HTTP: did they write to the store's file? */
async function writesOfReads(runners: readonly Runner[]): Promise<Verdict> {
  const runner = runners.find(({ name }) => name === OURS.on('http'))
  if (runner === undefined) throw new Error('Sojourn on SQLite does not take part')
  const log = join(runner.folder, 'sessions.db-wal')
  const before = statSync(log).mtimeMs
  await ask(runner.port, '/read', runner.cookies[0] ?? '', 10_000)
  const writes = statSync(log).mtimeMs === before ? 0 : 1
  return {
    target: '10,000 reads of one session inside a touch interval write at most once',
    measured: writes === 0 ? 'no write' : 'at least one write',
    met: writes === 0,
  }
}

export const run = (): Promise<SuiteResult> =>
  runWeb({
    name: 'web',
    contestants: EMBEDDED,
    ours: OURS,
    alike: { 'express-session, memory': IN_MEMORY, '@fastify/session, memory': IN_MEMORY },
    least: { 'iron-session': 10, 'better-auth, SQLite': 25 },
    limits: (reads, writes) => [atMost(reads, 12, 'read', OURS), atMost(writes, 35, 'write', OURS)],
    first: writesOfReads,
  })
