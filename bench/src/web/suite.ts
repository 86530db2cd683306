// How does a suite that compares web sessions run?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SuiteResult, Verdict } from '../report.ts'
import type { Contestant } from './contestant.ts'
import { type Runner, startAll } from './processes.ts'
import { against, measure, type Ours, type Times, tablesOf } from './rounds.ts'

/** Who is compared with whom, and what is to be reached. */
export interface WebSuite {
  readonly name: string
  readonly contestants: readonly Contestant[]
  /** What the peers are compared with, other than those in `alike`. */
  readonly ours: Ours
  /** What some peers are compared with, since they keep sessions elsewhere. */
  readonly alike?: Readonly<Record<string, Ours>>
  /** How many times what we add to a read some peers add at least. Of a write it is twice, for all of them. */
  readonly least: Readonly<Record<string, number>>
  limits(reads: Times, writes: Times): readonly Verdict[]
  /** What is looked at before anything is measured. */
  first?(runners: readonly Runner[]): Promise<Verdict>
}

const TIMES_A_WRITE = 2

function verdictsOf(
  { ours, alike, least, limits }: WebSuite,
  runners: readonly Runner[],
  reads: Times,
  writes: Times,
): readonly Verdict[] {
  const peers = runners.filter(({ name }) => !/^(bare|Sojourn)/.test(name))
  return [
    ...limits(reads, writes),
    ...peers.flatMap((peer) => {
      const factor = least[peer.name]
      return factor === undefined ? [] : [against(reads, peer, factor, 'read', ours)]
    }),
    ...peers.map((peer) => against(writes, peer, TIMES_A_WRITE, 'write', alike?.[peer.name] ?? ours)),
  ]
}

export async function runWeb(suite: WebSuite): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  const runners = await startAll(suite.contestants, folder)
  try {
    const seen = suite.first === undefined ? [] : [await suite.first(runners)]
    const reads = await measure(runners, '/read')
    const writes = await measure(runners, '/write')
    return {
      suite: suite.name,
      tables: [...tablesOf('/read', runners, reads, suite.ours), ...tablesOf('/write', runners, writes, suite.ours)],
      verdicts: [...verdictsOf(suite, runners, reads, writes), ...seen],
    }
  } finally {
    for (const runner of runners) await runner.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
