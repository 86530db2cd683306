// What do PostgreSQL and Redis cost, next to bare statements and to connect-redis, and does it grow? Targets 4, 5, 7 and 9.
//
// Starts its own servers, or uses `REDIS_URL` (an empty database, emptied afterwards) and `DATABASE_URL` (a database of its own is made there).
// What cannot be had is left out, and the result says so. `--quick`: up to 100,000 sessions, otherwise up to 1,000,000.
import type { SuiteOptions, SuiteResult } from '../report.ts'
import { bytesOf, redisBytes, sqliteBytes } from '../stores/bytes.ts'
import { callsOf, type NotedPart } from '../stores/calls.ts'
import { growthOf, QUICK_SIZES, SIZES } from '../stores/growth.ts'
import { peerGrowth } from '../stores/peer-growth.ts'
import { postgresql } from '../stores/postgres.ts'
import { redis } from '../stores/redis.ts'
import type { StoreKind } from '../stores/subject.ts'

/** How many sessions are weighed. */
const WEIGHED = 100_000
const WEIGHED_QUICK = 20_000

async function bytes(kind: StoreKind, count: number): Promise<Pick<NotedPart, 'verdicts' | 'notes'>> {
  if (kind === redis) return { verdicts: await redisBytes(count), notes: [] }
  const [plain, sealed] = [await bytesOf(kind, count, false), await bytesOf(kind, count, true)]
  const notes = [
    `${kind.name}: a session of ten attributes takes ${plain.toFixed(0)} bytes, sealed ${sealed.toFixed(0)}, indexes included`,
  ]
  return { verdicts: [], notes }
}

async function measured(kind: StoreKind, quick: boolean): Promise<NotedPart> {
  const subject = await kind.open()
  if (subject === undefined) return { tables: [], verdicts: [], notes: [`${kind.name} was left out: ${kind.missing}`] }
  let calls: NotedPart
  try {
    calls = await callsOf(kind, subject)
  } finally {
    await subject.close()
  }
  const sizes = quick ? QUICK_SIZES : SIZES
  const growth = await growthOf(kind, sizes)
  const peer = kind === redis ? await peerGrowth(sizes) : { tables: [], verdicts: [] }
  const weight = await bytes(kind, quick ? WEIGHED_QUICK : WEIGHED)
  return {
    tables: [...calls.tables, ...growth.tables, ...peer.tables],
    verdicts: [...calls.verdicts, ...growth.verdicts, ...weight.verdicts],
    notes: [...calls.notes, ...weight.notes],
  }
}

export async function run({ quick }: SuiteOptions): Promise<SuiteResult> {
  const embedded = await sqliteBytes(quick ? WEIGHED_QUICK : WEIGHED)
  const parts = [await measured(redis, quick), await measured(postgresql, quick)]
  return {
    suite: 'stores',
    tables: parts.flatMap(({ tables }) => tables),
    verdicts: [...parts.flatMap(({ verdicts }) => verdicts), embedded],
    notes: parts.flatMap(({ notes }) => notes),
  }
}
