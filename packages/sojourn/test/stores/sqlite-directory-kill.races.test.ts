// Does a killed process leave every directory write whole: the change, its audit record and its effects, or none of them?
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { sqliteStore } from 'sojourn/sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { everyPage } from '../../src/testing/directory/directory-chapter.ts'
import { NOW, principal } from '../../src/testing/sessions/builders.ts'
import { listed } from '../../src/testing/sessions/chapter.ts'
import { count } from '../support/scale.ts'

const WRITER = fileURLToPath(new URL('sqlite-directory-writer.ts', import.meta.url))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sojourn-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Lets a writer work until it has acknowledged so many writes, and kills it. Answers the last step acknowledged of each lane. */
async function killAfter(path: string, mode: 'here' | 'later', writes: number): Promise<ReadonlyMap<string, number>> {
  const acknowledged = new Map<string, number>()
  const writer = spawn(process.execPath, [WRITER, path, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => writer.once('exit', (_, signal) => resolve(signal)))
  let seen = 0
  for await (const line of createInterface(writer.stdout)) {
    const [name = '', step] = line.split(' ')
    acknowledged.set(name, Number(step))
    seen += 1
    if (seen === writes) writer.kill('SIGKILL')
  }
  expect(await ended).toBe('SIGKILL')
  return acknowledged
}

const KILLS = Array.from({ length: count({ full: 100, quick: 5 }) }, (_, index) => 3 + ((index * 17) % 97))

for (const mode of ['here', 'later'] as const) {
  it(`finds change, audit and effects of every write together after kill -9, effects applied ${mode}`, async () => {
    for (const [round, writes] of KILLS.entries()) {
      const path = join(folder, `${mode}-${round}.db`)
      const acknowledged = await killAfter(path, mode, writes)
      const { directory, sessions } = sqliteStore(path)
      const pending = await directory.pendingEffects(100_000)
      for (const [name, last] of acknowledged) {
        const owner = principal(`zusr-${name}`)
        const step = (await directory.findUser({ usernameKey: name }))?.totpLastStep ?? -1
        expect(step, 'an acknowledged write is there').toBeGreaterThanOrEqual(last)
        const audit = await everyPage({ limit: 100 }, (query) => directory.listAudit({ ...query, cid: name }))
        expect(audit.map(({ details }) => details['step'])).toEqual(Array.from({ length: step }, (_, index) => step - index))
        const applied = mode === 'here' ? step : 0
        expect(await sessions.counters(owner)).toEqual({ generation: applied, version: applied })
        const kept = pending.filter(({ effect }) => effect.principal.id === owner.id).map(({ effect }) => effect.kind)
        expect(kept).toEqual(Array.from({ length: 2 * (step - applied) }, (_, index) => (index % 2 === 0 ? 'revoke' : 'bump')))
        const alive = await listed(sessions, owner, NOW)
        expect(alive.length, 'at most the session of the step that was killed is alive').toBeLessThanOrEqual(1)
      }
      await Promise.all([directory.close(), sessions.close()])
      const db = new DatabaseSync(path)
      expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
      db.close()
    }
  })
}
