// Do several processes on one SQLite file lose nothing, from the moment they all create it?
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { sqliteStore } from 'sojourn/sqlite'
import { describe, expect, it } from 'vitest'
import { isSojournError } from '../../src/engine/error.ts'
import { attributes, NOW, newSession, principal, sessionId } from '../../src/testing/sessions/builders.ts'
import { alive, valuesOf } from '../../src/testing/sessions/chapter.ts'
import { runWriter, withDatabase } from './support/sqlite-processes.ts'

const PROCESSES = 4
const WRITES = 200

describe('several processes on one SQLite file', () => {
  it('create it together, and lose no write', () =>
    withDatabase(async (path) => {
      const owner = principal('shared')
      const id = sessionId(owner)
      const written = await Promise.all(
        Array.from({ length: PROCESSES }, (_, index) => runWriter([path, owner.id, id, `p${index}`, `${WRITES}`])),
      )
      expect(written.map(({ code, errors }) => ({ code, errors }))).toEqual(Array(PROCESSES).fill({ code: 0, errors: '' }))
      const store = sqliteStore(path).sessions
      const found = await valuesOf(store, id, NOW)
      expect(found['sum']).toBe(String(PROCESSES * WRITES))
      for (let index = 0; index < PROCESSES; index += 1) {
        for (let slot = 0; slot < 50; slot += 1) expect(found[`p${index}-${slot}`]).toBe(String(WRITES - 50 + slot))
      }
      await store.close()
    }))

  it('wait for each other without being told', () =>
    withDatabase(async (path) => {
      const store = sqliteStore({ path, busyTimeout: 20 }).sessions
      const session = newSession(principal())
      await store.create(session)
      const other = new DatabaseSync(path)
      other.exec('BEGIN IMMEDIATE')
      let answered = false
      const writing = store
        .update(session.id, { attributes: [{ name: 'a', when: 'absent', value: '1' }] }, NOW)
        .then((outcome) => {
          answered = true
          return outcome
        })
      for (let turns = 0; turns < 50; turns += 1) await setImmediate()
      expect(answered).toBe(false)
      expect((await alive(store, session.id, NOW)).attributes.size).toBe(0)
      other.exec('ROLLBACK')
      other.close()
      expect((await writing).outcome).toBe('done')
      await store.close()
    }))

  it('are told when the wait gets too long, and that nothing was applied', () =>
    withDatabase(async (path) => {
      const store = sqliteStore({ path, busyTimeout: 0.02 }).sessions
      const session = newSession(principal(), { attributes: attributes({ a: '1' }) })
      await store.create(session)
      const other = new DatabaseSync(path)
      other.exec('BEGIN IMMEDIATE')
      const error: unknown = await store
        .update(session.id, { attributes: [{ name: 'a', when: 'always', value: '2' }] }, NOW)
        .catch((each: unknown) => each)
      expect(isSojournError(error, 'ERR_STORE_UNAVAILABLE') && error.applied).toBe('no')
      other.close()
      expect(await valuesOf(store, session.id, NOW)).toEqual({ a: '1' })
      await store.close()
    }))

  it('keep the files to their owner', () =>
    withDatabase(async (path) => {
      const store = sqliteStore(path).sessions
      await store.create(newSession(null))
      for (const file of [path, `${path}-wal`, `${path}-shm`]) expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
      await store.close()
    }))
})
