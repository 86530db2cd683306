// What do single and bulk calls cost on SQLite, next to bare node:sqlite doing as little as possible? Targets 4 and 8.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createSojourn } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { type Contestant, compare, median } from '../measure.ts'
import { betterAuthGetSession } from '../peers.ts'
import type { SuiteResult } from '../report.ts'

const TEN = Object.fromEntries(
  Array.from({ length: 10 }, (_, i) => [`attribute-${i}`, `value ${i} of a session that is not small`]),
)
const hundred = (encrypt: boolean) => Array.from({ length: 100 }, (_, i) => ({ name: `bulk-${i}`, value: `value ${i}`, encrypt }))

/** The least a program can do on the same file format: one row read by its key, one row replaced. */
function bare(path: string): { readonly load: Contestant; readonly set: Contestant; close(): void } {
  const db = new DatabaseSync(path)
  db.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE kept (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID',
  )
  const body = JSON.stringify(TEN)
  const insert = db.prepare('INSERT INTO kept VALUES (?, ?)')
  for (let i = 0; i < 1000; i += 1) insert.run(`session-${i}`, body)
  const select = db.prepare('SELECT body FROM kept WHERE id = ?')
  const update = db.prepare('UPDATE kept SET body = ? WHERE id = ?')
  return {
    load: { name: 'bare node:sqlite, one row read and parsed', run: () => JSON.parse(String(select.get('session-7')?.['body'])) },
    set: { name: 'bare node:sqlite, one row replaced', run: () => update.run(body, 'session-7') },
    close: () => db.close(),
  }
}

/** CPU time of sealing 100 values in one call, in milliseconds: sealed less plain. */
async function sealedMilliseconds(write: (encrypt: boolean) => Promise<unknown>): Promise<number> {
  const cpu = async (encrypt: boolean) => {
    const begin = process.cpuUsage()
    for (let i = 0; i < 20; i += 1) await write(encrypt)
    const { user, system } = process.cpuUsage(begin)
    return (user + system) / 20_000
  }
  const rounds: number[] = []
  for (let i = 0; i < 7; i += 1) {
    const plain = await cpu(false)
    rounds.push((await cpu(true)) - plain)
  }
  return median(rounds)
}

export async function run(): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  const plain = bare(join(folder, 'bare.db'))
  const sso = await createSojourn({
    store: sqliteStore(join(folder, 'sojourn.db')),
    keys: [randomBytes(32).toString('base64url')],
    sweepInterval: 0,
  })
  try {
    const { token, session } = await sso.sessions.start({ principal: 'zusr1', sliding: true, attributes: TEN })
    const { session: bulk } = await sso.sessions.start({ principal: 'zusr1', sliding: true })
    const { session: sealed } = await sso.sessions.start({ principal: 'zusr1', sliding: true })
    const loads = await compare([
      plain.load,
      {
        name: 'Sojourn, token checked and one attribute read',
        run: async () =>
          (await (await sso.sessions.resume(token, { preload: ['attribute-3'] }))?.session.attr.get('attribute-3'))?.value,
      },
      await betterAuthGetSession(join(folder, 'better-auth.db')),
    ])
    const writes = await compare([
      plain.set,
      { name: 'Sojourn, one attribute set', run: () => session.attr.set('attribute-3', 'another value of the same length') },
      {
        name: 'Sojourn, 50 sets at once, each',
        run: () => Promise.all(Array.from({ length: 50 }, () => session.attr.set('attribute-3', 'x'))),
      },
    ])
    const each = writes.map((cost) =>
      cost.name.includes('50 sets') ? { ...cost, microseconds: cost.microseconds / 50, ratio: cost.ratio / 50 } : cost,
    )
    const items = hundred(false)
    const names = items.map(({ name }) => name)
    const singly = async () => {
      for (const { name, value } of items) await bulk.attr.create(name, value)
      await bulk.attr.deleteMany(names)
    }
    const together = async () => {
      await bulk.attr.createMany(items)
      await bulk.attr.deleteMany(names)
    }
    const bulks = await compare([
      { name: '100 attributes by createMany, and deleted', run: together },
      { name: '100 attributes one by one, and deleted', run: singly },
    ])
    const seal = await sealedMilliseconds((encrypt) => sealed.attr.setMany(hundred(encrypt)))
    const [, loaded, better] = loads.map((cost) => cost.microseconds) as [number, number, number]
    const factor = bulks[1]?.ratio ?? 0
    return {
      suite: 'sqlite',
      tables: [
        { title: 'Read', costs: loads },
        { title: 'Write', costs: each },
        { title: 'Bulk', costs: bulks },
      ],
      verdicts: [
        {
          target: 'a bulk of 100 at least 5 times as fast as 100 single calls',
          measured: `${factor.toFixed(1)} times`,
          met: factor >= 5,
        },
        { target: 'sealing 100 values costs at most 1 ms of CPU', measured: `${seal.toFixed(2)} ms`, met: seal <= 1 },
        {
          target: 'at least 25 times as fast as better-auth getSession on SQLite',
          measured: `${(better / loaded).toFixed(1)} times`,
          met: better / loaded >= 25,
        },
      ],
    }
  } finally {
    await sso.close()
    plain.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
