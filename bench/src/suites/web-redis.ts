// What do sessions in Redis add to a request, next to the peers' and over the same bare framework? Targets 1 and 2.
//
// Every contestant has a Redis of its own, whose CPU time is not the application's and not counted; `stores` tells it.
import type { SuiteResult } from '../report.ts'
import { startRedis } from '../stores/redis-server.ts'
import { ON_REDIS } from '../web/contestants.ts'
import { atMost, type Ours } from '../web/rounds.ts'
import { runWeb } from '../web/suite.ts'

const OURS: Ours = { name: 'Sojourn on Redis', on: (framework) => `Sojourn, Redis, on ${framework}` }
const CACHED: Ours = { name: 'Sojourn on Redis with a cache', on: (framework) => `Sojourn, cached Redis, on ${framework}` }

export async function run(): Promise<SuiteResult> {
  const server = await startRedis()
  if (server === undefined) return { suite: 'web-redis', tables: [], verdicts: [], notes: ['redis-server is not installed.'] }
  await server.stop()
  return await runWeb({
    name: 'web-redis',
    contestants: ON_REDIS,
    ours: OURS,
    least: { 'express-session, connect-redis': 2.5, 'iron-session': 10, 'better-auth, Redis': 10 },
    limits: (reads, writes) => [
      atMost(reads, 20, 'read', OURS),
      atMost(reads, 5, 'read', CACHED),
      atMost(writes, 30, 'write', OURS),
    ],
  })
}
