// What do sessions in Redis add to a request, next to the peers' and over the same bare framework? Targets 1 and 2.
//
// Every contestant has a Redis of its own, whose CPU time is not the application's and not counted; `stores` tells it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SuiteResult, Verdict } from '../report.ts'
import { startRedis } from '../stores/redis-server.ts'
import { ON_REDIS } from '../web/contestants.ts'
import { type Runner, startAll } from '../web/processes.ts'
import { against, atMost, measure, type Ours, type Times, tablesOf, warmUp } from '../web/rounds.ts'

const OURS: Ours = { name: 'Sojourn on Redis', on: (framework) => `Sojourn, Redis, on ${framework}` }
const CACHED: Ours = { name: 'Sojourn on Redis with a cache', on: (framework) => `Sojourn, cached Redis, on ${framework}` }

/** How many times what Sojourn adds to a read its peers add at least. */
const LEAST: Readonly<Record<string, number>> = {
  'express-session, connect-redis': 2.5,
  'iron-session': 10,
  'better-auth, Redis': 10,
}

function verdictsOf(runners: readonly Runner[], reads: Times, writes: Times): readonly Verdict[] {
  const peers = runners.filter(({ name }) => !/^(bare|Sojourn)/.test(name))
  return [
    atMost(reads, 20, 'read', OURS),
    atMost(reads, 5, 'read', CACHED),
    atMost(writes, 30, 'write', OURS),
    ...peers.flatMap((peer) => {
      const factor = LEAST[peer.name]
      return factor === undefined ? [] : [against(reads, peer, factor, 'read', OURS)]
    }),
    ...peers.map((peer) => against(writes, peer, 2, 'write', OURS)),
  ]
}

export async function run(): Promise<SuiteResult> {
  const server = await startRedis()
  if (server === undefined) return { suite: 'web-redis', tables: [], verdicts: [], notes: ['redis-server is not installed.'] }
  await server.stop()
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  const runners = await startAll(ON_REDIS, folder)
  try {
    await warmUp(runners)
    const reads = await measure(runners, '/read')
    const writes = await measure(runners, '/write')
    return {
      suite: 'web-redis',
      tables: [...tablesOf('/read', runners, reads, OURS), ...tablesOf('/write', runners, writes, OURS)],
      verdicts: verdictsOf(runners, reads, writes),
    }
  } finally {
    for (const runner of runners) await runner.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
