// How long until a program, or the server on a large database, is ready? Target 10.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createSojourn } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { median } from '../measure.ts'
import { populate } from '../populate.ts'
import type { SuiteResult } from '../report.ts'
import { freePort } from '../stores/free-port.ts'

const SESSIONS = 1_000_000
const BIN = fileURLToPath(new URL('../../../packages/server/dist/bin.js', import.meta.url))

/** Milliseconds from the start of the process until `/healthz` answers. */
async function untilHealthy(folder: string): Promise<number> {
  const port = await freePort()
  const begin = performance.now()
  const server = spawn(process.execPath, [BIN, 'serve', '--db', `sqlite:${join(folder, 'start.db')}`, '--port', String(port)], {
    stdio: 'ignore',
  })
  try {
    for (;;) {
      const healthy = await fetch(`http://127.0.0.1:${port}/healthz`).then(
        (answer) => answer.ok,
        () => false,
      )
      if (healthy) return performance.now() - begin
      if (server.exitCode !== null) throw new Error(`The server ended with ${server.exitCode}`)
      await setTimeout(5)
    }
  } finally {
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGTERM')
    await ended
  }
}

/** Milliseconds that importing the library takes in a fresh process. */
function importMilliseconds(): number {
  const script = "const t = performance.now(); await import('sojourn'); console.log(performance.now() - t)"
  return Number(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    }),
  )
}

export async function run(): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  try {
    const filled = await createSojourn({ store: sqliteStore(join(folder, 'start.db')), sweepInterval: 0 })
    await populate(filled, 0, SESSIONS)
    await filled.close()
    const starts: number[] = []
    for (let i = 0; i < 5; i += 1) starts.push(await untilHealthy(folder))
    const started = median(starts)
    const imported = median(Array.from({ length: 9 }, importMilliseconds))
    return {
      suite: 'start',
      tables: [],
      verdicts: [
        {
          target: '`sojourn serve` answers in under 1 s on a database of 1,000,000 sessions',
          measured: `${started.toFixed(0)} ms`,
          met: started < 1000,
        },
        { target: 'importing `sojourn` costs under 30 ms', measured: `${imported.toFixed(1)} ms`, met: imported < 30 },
      ],
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
