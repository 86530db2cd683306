// How fast is a store copied, and does the memory for it stay the same from 100,000 to 1,000,000 sessions?
//
// From a SQLite file to Redis for the sessions, and another file for the rest, by the command that people use. Starts its own Redis, or uses
// `REDIS_URL` (an empty database, emptied afterwards). `--quick`: 5,000 and 20,000 sessions.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSojourn } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { populate } from '../populate.ts'
import type { SuiteOptions, SuiteResult } from '../report.ts'
import { startRedis } from '../stores/redis-server.ts'

const SIZES = [100_000, 1_000_000]
const QUICK = [5000, 20_000]

const BIN = fileURLToPath(new URL('../../../packages/server/dist/bin.js', import.meta.url))

/** Much less than 1,000,000 sessions take, and what a copy of any size must do with. Unit: megabytes. */
const HEAP = 64

/** The largest of the two copies may take so many times the memory of the smallest. */
const MOST = 1.25

/** Tells the peak of a process's memory when it ends. Unit: kilobytes. */
const TELL_PEAK = "data:text/javascript,process.on('exit',()=>process.stderr.write(String(process.resourceUsage().maxRSS)))"

/** What the command tells in JSON, as far as it matters here. */
interface Told {
  readonly passes: number
  readonly seconds: number
  readonly settled: boolean
  readonly sample: { readonly different: number }
  readonly kinds: { readonly sessions: { readonly source: number; readonly target: number } }
}

/** How a copy went. */
interface Copied {
  readonly sessions: number
  readonly passes: number
  readonly seconds: number
  /** Whether everything arrived. */
  readonly whole: boolean
  /** The peak of the process's memory. Unit: megabytes. */
  readonly peak: number
}

async function copy(args: readonly string[]): Promise<Copied> {
  const node = [`--max-old-space-size=${HEAP}`, '--import', TELL_PEAK]
  const child = spawn(process.execPath, [...node, BIN, 'store', 'copy', ...args, '--json'])
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`store copy ended with ${code}: ${stderr}${stdout}`)
  const { passes, seconds, settled, sample, kinds }: Told = JSON.parse(stdout)
  const { source, target } = kinds.sessions
  return {
    sessions: target,
    passes,
    seconds,
    whole: settled && sample.different === 0 && source === target,
    peak: Number(stderr) / 1024,
  }
}

/** Copies to servers with nothing on them. `undefined` where there is no Redis. */
async function copyToRedis(from: string, to: string): Promise<Copied | undefined> {
  const server = await startRedis()
  if (server === undefined) return undefined
  try {
    return await copy(['--from', `sqlite:${from}`, '--to', `sqlite:${to}`, '--to-sessions', server.url])
  } finally {
    await server.stop()
  }
}

export async function run({ quick }: SuiteOptions): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  const source = join(folder, 'source.db')
  try {
    const copies: Copied[] = []
    let filled = 0
    for (const size of quick ? QUICK : SIZES) {
      const sso = await createSojourn({ store: sqliteStore(source), sweepInterval: 0, policy: { idleTimeout: 86_400 } })
      await populate(sso, filled, size)
      await sso.close()
      filled = size
      process.stderr.write(`copying ${size.toLocaleString('en')} sessions\n`)
      const copied = await copyToRedis(source, join(folder, `target-${size}.db`))
      if (copied === undefined)
        return {
          suite: 'copy',
          tables: [],
          verdicts: [],
          notes: ['Redis was left out: install redis-server, or name one in REDIS_URL'],
        }
      if (copied.sessions !== size || !copied.whole) throw new Error(`Not all of ${size} sessions arrived`)
      copies.push(copied)
    }
    const [small, large] = [copies[0]?.peak ?? Number.NaN, copies.at(-1)?.peak ?? Number.NaN]
    return {
      suite: 'copy',
      tables: [
        {
          title: 'SQLite to Redis, a session, all passes',
          costs: copies.map(({ sessions, seconds }) => {
            const microseconds = (seconds * 1e6) / sessions
            return {
              name: `${sessions.toLocaleString('en')} sessions`,
              microseconds,
              ratio: microseconds / (((copies[0]?.seconds ?? Number.NaN) * 1e6) / (copies[0]?.sessions ?? Number.NaN)),
            }
          }),
        },
      ],
      notes: copies.map(
        ({ sessions, passes, seconds, peak }) =>
          `${sessions.toLocaleString('en')} sessions in ${seconds.toFixed(1)} s, ${passes} passes, ${(sessions / seconds).toFixed(0)} a second; peak memory of the process ${peak.toFixed(0)} MB, heap at most ${HEAP} MB`,
      ),
      verdicts: [
        {
          target: `${quick ? 'four' : 'ten'} times as many sessions are copied in at most ${MOST} times the memory`,
          measured: `${(large / small).toFixed(2)} times: ${small.toFixed(0)} MB and ${large.toFixed(0)} MB`,
          met: large / small <= MOST,
        },
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
