// Does any call cost more when there are more sessions? Targets 5, 8 and 9.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createSojourn } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import type { SuiteOptions, SuiteResult, Verdict } from '../report.ts'
import { growthOf, QUICK_SIZES, SIZES } from '../stores/growth.ts'
import { memory } from '../stores/memory.ts'
import { sqlite } from '../stores/sqlite.ts'

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
async function writesOfReads(): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  const file = join(folder, 'reads.db')
  const sso = await createSojourn({ store: sqliteStore(file), sweepInterval: 0 })
  try {
    const { token, session } = await sso.sessions.start({ principal: 'zusr-reader', sliding: true })
    const seen = await countWrites(file, 10, (i) => session.attr.set('n', i))
    if (seen !== 10) throw new Error(`Of 10 writes ${seen} were seen`)
    const writes = await countWrites(file, 10_000, () => sso.sessions.resume(token))
    return {
      target: '10,000 reads of one session inside a touch interval write at most once',
      measured: `${writes} writes`,
      met: writes <= 1,
    }
  } finally {
    await sso.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

export async function run({ quick }: SuiteOptions): Promise<SuiteResult> {
  const sizes = quick ? QUICK_SIZES : SIZES
  const inMemory = await growthOf(memory, sizes)
  const inSqlite = await growthOf(sqlite, sizes)
  return {
    suite: 'growth',
    tables: [...inMemory.tables, ...inSqlite.tables],
    verdicts: [...inMemory.verdicts, ...inSqlite.verdicts, await writesOfReads()],
  }
}
