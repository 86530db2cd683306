// Is everything acknowledged still there after the process was killed in the middle of its writes?
import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from 'sojourn/sqlite'
import { describe, expect, it } from 'vitest'
import { NOW, principal, sessionId } from '../../src/testing/sessions/builders.ts'
import { alive } from '../../src/testing/sessions/chapter.ts'
import { count } from '../support/scale.ts'
import { runWriter, withDatabase } from './support/sqlite-processes.ts'

const moments = count({ full: 100, quick: 6 })

describe('a SQLite store whose process is killed', () => {
  it(`keeps everything acknowledged, whole, at ${moments} random moments`, async () => {
    const owner = principal('killed')
    for (let moment = 0; moment < moments; moment += 1) {
      await withDatabase(async (path) => {
        const id = sessionId(owner)
        const { lines, errors } = await runWriter([path, owner.id, id, 'n'], 1 + Math.floor(Math.random() * 400))
        expect(errors).toBe('')
        const check = new DatabaseSync(path)
        expect(check.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
        check.close()
        const store = sqliteStore(path).sessions
        try {
          const { attributes } = await alive(store, id, NOW)
          const wrote = lines.filter((line) => line.startsWith('wrote ')).map((line) => Number(line.slice(6)))
          expect(Number(attributes.get('sum')?.value)).toBeGreaterThanOrEqual(wrote.length)
          for (let slot = 0; slot < 50; slot += 1) {
            const value = attributes.get(`n-${slot}`)?.value
            expect(attributes.get(`n-${slot}-twin`)?.value).toBe(value)
            const last = Math.max(-1, ...wrote.filter((index) => index % 50 === slot))
            expect(Number(value ?? -1)).toBeGreaterThanOrEqual(last)
          }
          for (const line of lines.filter((each) => each.startsWith('deleted '))) {
            expect(await store.load(line.slice(8), 'header', NOW)).toBe('ended')
          }
          expect((await store.update(id, { attributes: [{ name: 'sum', when: 'present', add: 1 }] }, NOW)).outcome).toBe('done')
        } finally {
          await store.close()
        }
      })
    }
  })
})
