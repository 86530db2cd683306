// Does anybody wait while a million expired sessions are removed? Target 6.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createSojourn } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import type { SuiteResult } from '../report.ts'

const SESSIONS = 1_000_000
const HOUR = 3_600_000

export async function run(): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  const now = Date.now()
  const file = join(folder, 'sweep.db')
  const filler = fileURLToPath(new URL('../fill-sqlite.ts', import.meta.url))
  execFileSync(process.execPath, [filler, file, String(SESSIONS), String(now - 2 * HOUR)], { stdio: 'inherit' })
  // What was filled in is on the disk before anything is measured: it would be written within the next half minute, and others wait for it.
  execFileSync('sync')

  // The sweep that every process runs by itself; begun by its timer soon after the start.
  const sso = await createSojourn({ store: sqliteStore(file), sweepInterval: 1, clock: () => now })
  try {
    const { token } = await sso.sessions.start({ principal: 'zusr-somebody' })
    let removed = 0
    const done = new Promise<void>((resolve) => {
      sso.on('sweep.done', (event) => {
        removed += event.removed
        if (removed >= SESSIONS) resolve()
      })
    })
    let over = false
    void done.then(() => {
      over = true
    })
    const lag = monitorEventLoopDelay({ resolution: 1 })
    lag.enable()
    const waits = createHistogram()
    const begin = performance.now()
    while (!over) {
      const asked = process.hrtime.bigint()
      if ((await sso.sessions.resume(token)) === undefined) throw new Error('A live session did not answer during the sweep')
      waits.record(process.hrtime.bigint() - asked)
      await setImmediate()
    }
    lag.disable()
    const seconds = (performance.now() - begin) / 1000
    const p999 = waits.percentile(99.9) / 1e6
    const longest = waits.max / 1e6
    const lagged = lag.percentile(99.9) / 1e6
    return {
      suite: 'sweep',
      tables: [],
      verdicts: [
        {
          target: 'a million expired sessions are removed while others are served',
          measured: `${removed.toLocaleString('en')} in ${seconds.toFixed(1)} s, ${waits.count.toLocaleString('en')} reads meanwhile`,
          met: removed >= SESSIONS,
        },
        {
          target: 'nobody else waits longer than 10 ms',
          measured: `99.9 % at most ${p999.toFixed(1)} ms, the longest ${longest.toFixed(1)} ms`,
          met: longest <= 10,
        },
        {
          target: 'event loop lag at most 10 ms',
          measured: `99.9 % at most ${lagged.toFixed(1)} ms, the longest ${(lag.max / 1e6).toFixed(1)} ms`,
          met: lag.max / 1e6 <= 10,
        },
      ],
    }
  } finally {
    await sso.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
