// Does anybody wait while a million expired sessions are removed? Target 6.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { createSojourn } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { populate } from '../populate.ts'
import type { SuiteResult } from '../report.ts'

const SESSIONS = 1_000_000
const HOUR = 3_600_000

export async function run(): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  let now = Date.now()
  const file = join(folder, 'sweep.db')
  const clock = () => now
  const filled = await createSojourn({ store: sqliteStore(file), sweepInterval: 0, clock })
  await populate(filled, 0, SESSIONS)
  await filled.close()
  now += 2 * HOUR

  // The sweep that every process runs by itself; begun by its timer soon after the start.
  const sso = await createSojourn({ store: sqliteStore(file), sweepInterval: 1, clock })
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
    const waits: number[] = []
    const begin = performance.now()
    while (!over) {
      const asked = performance.now()
      if ((await sso.sessions.resume(token)) === undefined) throw new Error('A live session did not answer during the sweep')
      waits.push(performance.now() - asked)
      await setImmediate()
    }
    lag.disable()
    const seconds = (performance.now() - begin) / 1000
    waits.sort((a, b) => a - b)
    const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN
    const p999 = at(0.999)
    const longest = waits.at(-1) ?? Number.NaN
    const lagged = lag.percentile(99.9) / 1e6
    return {
      suite: 'sweep',
      tables: [],
      verdicts: [
        {
          target: 'a million expired sessions are removed while others are served',
          measured: `${removed.toLocaleString('en')} in ${seconds.toFixed(1)} s, ${waits.length.toLocaleString('en')} reads meanwhile`,
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
