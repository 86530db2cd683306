// What do sessions add to a request, next to the peers' and over the same bare framework? Targets 1, 2 and 8.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SuiteResult, Verdict } from '../report.ts'
import { EMBEDDED } from '../web/contestants.ts'
import { ask } from '../web/load.ts'
import { type Runner, startAll } from '../web/processes.ts'
import { against, atMost, measure, type Ours, type Times, tablesOf, warmUp } from '../web/rounds.ts'

const OURS: Ours = { name: 'Sojourn on SQLite', on: (framework) => `Sojourn, SQLite, on ${framework}` }

function verdictsOf(runners: readonly Runner[], reads: Times, writes: Times): readonly Verdict[] {
  const peers = runners.filter(({ name }) => !/^(bare|Sojourn)/.test(name))
  const least: Record<string, number> = { 'iron-session': 10, 'better-auth, SQLite': 25 }
  return [
    atMost(reads, 12, 'read', OURS),
    atMost(writes, 35, 'write', OURS),
    ...peers.flatMap((peer) => {
      const factor = least[peer.name]
      return factor === undefined ? [] : [against(reads, peer, factor, 'read', OURS)]
    }),
    ...peers.map((peer) => against(writes, peer, 2, 'write', OURS)),
  ]
}

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

export async function run(): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  const runners = await startAll(EMBEDDED, folder)
  try {
    const untouched = await writesOfReads(runners)
    await warmUp(runners)
    const reads = await measure(runners, '/read')
    const writes = await measure(runners, '/write')
    return {
      suite: 'web',
      tables: [...tablesOf('/read', runners, reads, OURS), ...tablesOf('/write', runners, writes, OURS)],
      verdicts: [...verdictsOf(runners, reads, writes), untouched],
    }
  } finally {
    for (const runner of runners) await runner.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
