// Does any call cost more when there are more sessions? Targets 5, 8 and 9.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createSojourn, type Sojourn } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { sqliteStore } from 'sojourn/sqlite'
import { type Cost, typical } from '../measure.ts'
import { populate, userId } from '../populate.ts'
import type { SuiteResult, Verdict } from '../report.ts'

const SIZES = [1000, 100_000, 1_000_000] as const

/** What each call costs at one size. */
async function costsAt(sso: Sojourn, size: number, token: string): Promise<Record<string, number>> {
  const users = size / 10
  const spread = (i: number) => userId(Math.floor((i * 7919) % users))
  return {
    load: await typical(2000, () => sso.sessions.resume(token, { preload: ['cart'] })),
    'list a page of a user': await typical(500, (i) => sso.sessions.list({ principal: spread(i), limit: 10 })),
    'revoke a user': await typical(100, (i) => sso.sessions.revoke({ principal: spread(i * 31 + 17) })),
    'revoke guests': await typical(20, () => sso.sessions.revoke('guests')),
  }
}

/** How often a file is written by some calls, made one after the other: `data_version` is another with every commit of somebody else. */
async function countWrites(file: string, calls: number, call: (i: number) => Promise<unknown>): Promise<number> {
  const db = new DatabaseSync(file)
  try {
    const read = db.prepare('PRAGMA data_version')
    const version = () => Number(read.get()?.['data_version'])
    let [last, writes] = [version(), 0]
    for (let i = 0; i < calls; i += 1) {
      await call(i)
      const now = version()
      if (now !== last) writes += 1
      last = now
    }
    return writes
  } finally {
    db.close()
  }
}

/** 10,000 reads of one session inside a touch interval: how many writes did they cause? */
async function writesOfReads(sso: Sojourn, file: string): Promise<number> {
  const { token, session } = await sso.sessions.start({ principal: 'zusr-reader', sliding: true })
  const seen = await countWrites(file, 10, (i) => session.attr.set('n', i))
  if (seen !== 10) throw new Error(`Of 10 writes ${seen} were seen`)
  return await countWrites(file, 10_000, () => sso.sessions.resume(token))
}

async function grow(
  name: string,
  sso: Sojourn,
): Promise<{ readonly tables: SuiteResult['tables']; readonly verdicts: readonly Verdict[] }> {
  const seen = new Map<string, number[]>()
  let from = 0
  for (const size of SIZES) {
    process.stderr.write(`${name}: ${size.toLocaleString('en')} sessions\n`)
    const token = await populate(sso, from, size)
    from = size
    for (const [call, microseconds] of Object.entries(await costsAt(sso, size, token)))
      seen.set(call, [...(seen.get(call) ?? []), microseconds])
  }
  const tables = [...seen].map(([call, times]) => ({
    title: `${name}: ${call}`,
    costs: times.map(
      (microseconds, i): Cost => ({
        name: `${SIZES[i]?.toLocaleString('en')} sessions`,
        microseconds,
        ratio: microseconds / (times[0] ?? 1),
      }),
    ),
  }))
  const verdicts = [...seen].map(([call, times]) => {
    const ratio = (times.at(-1) ?? Number.NaN) / (times[0] ?? Number.NaN)
    const bound = call === 'load' ? 1.3 : 1.5
    return {
      target: `${name}: ${call} grows at most ${bound} times from 1,000 to 1,000,000 sessions`,
      measured: `${ratio.toFixed(2)} times`,
      met: ratio <= bound,
    }
  })
  return { tables, verdicts }
}

export async function run(): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  const file = join(folder, 'growth.db')
  try {
    const memory = await createSojourn({ store: memoryStore(), sweepInterval: 0 })
    const inMemory = await grow('memory', memory)
    await memory.close()
    const embedded = await createSojourn({ store: sqliteStore(file), sweepInterval: 0 })
    const inSqlite = await grow('SQLite', embedded)
    const writes = await writesOfReads(embedded, file)
    await embedded.close()
    return {
      suite: 'growth',
      tables: [...inMemory.tables, ...inSqlite.tables],
      verdicts: [
        ...inMemory.verdicts,
        ...inSqlite.verdicts,
        {
          target: '10,000 reads of one session inside a touch interval write at most once',
          measured: `${writes} writes`,
          met: writes <= 1,
        },
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
