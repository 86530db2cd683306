// Does the write-ahead log of SQLite come into the database file without those who write waiting for it?
import { execFile } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { sqliteStore } from 'sojourn/sqlite'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { SessionStore } from '../../src/engine/store.ts'
import { attributes, NOW, newSession } from '../../src/testing/sessions/builders.ts'
import { withDatabase } from './support/sqlite-processes.ts'

/** More than a page each. */
const LARGE = attributes({ text: 'x'.repeat(5000) })

const fill = (store: SessionStore, count: number) =>
  Promise.all(Array.from({ length: count }, () => store.create(newSession(null, { attributes: LARGE }))))

/** However little the thread gets to run on a busy machine, by then it has told how long the log is. */
const MOST_FILLS = 1000

const own = Worker.prototype.postMessage
afterEach(() => vi.restoreAllMocks())

const sizeOf = (path: string) => statSync(path).size

describe('the write-ahead log of SQLite', () => {
  it('comes into the file while the store is used, before SQLite would do it by itself', () =>
    withDatabase(async (path) => {
      const store = sqliteStore(path).sessions
      await fill(store, 300) // some 600 pages, of the 1000 at which SQLite would
      await expect.poll(() => sizeOf(path)).toBeGreaterThan(300 * 5000)
      await store.close()
    }))

  it('stays short while there is always somebody who writes', () =>
    withDatabase(async (path) => {
      const store = sqliteStore(path).sessions
      let longest = 0
      const write = async () => {
        for (let n = 0; n < 300; n += 1) {
          await fill(store, 20)
          longest = Math.max(longest, sizeOf(`${path}-wal`))
        }
      }
      await Promise.all([write(), write(), write()]) // 90 MiB
      await store.close()
      expect(longest).toBeLessThan(64 * 1024 * 1024)
    }))

  it('holds writes back now and then, not each time, while somebody reads for long and keeps it from beginning anew', () =>
    withDatabase(async (path) => {
      const post = vi.spyOn(Worker.prototype, 'postMessage')
      const store = sqliteStore(path).sessions
      await fill(store, 1)
      const reader = new DatabaseSync(path)
      reader.exec('BEGIN; SELECT count(*) FROM sojourn_sessions')
      const asked = (wish: string) => post.mock.calls.filter(([given]) => given === wish).length
      // 90 MiB, of which each 32 are an occasion; more where the thread hardly gets to run.
      for (let n = 0; n < 120 || (asked('beginAnew') === 0 && n < MOST_FILLS); n += 1) await fill(store, 100)
      expect(asked('copy')).toBeGreaterThan(asked('beginAnew'))
      expect(asked('beginAnew')).toBeGreaterThan(0)
      expect(asked('beginAnew')).toBeLessThanOrEqual(3)
      reader.close()
      await store.close()
    }))

  it('has writes wait for a thread that is far behind, so that it cannot grow without end', () =>
    withDatabase(async (path) => {
      const kept: (() => void)[] = []
      let isSlow = true
      vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, wish: unknown) {
        const tell = () => Reflect.apply(own, this, [wish])
        if (isSlow) kept.push(tell)
        else tell()
      })
      const store = sqliteStore(path).sessions
      let written = 0
      const writing = Promise.all(
        Array.from({ length: 40 }, async () => {
          await fill(store, 100)
          written += 100
        }),
      )
      await expect.poll(() => written).toBeGreaterThan(1900)
      for (let n = 0; n < 100; n += 1) await turn()
      expect(written).toBeLessThan(3000)
      isSlow = false
      for (const tell of kept) tell()
      await writing
      await store.close()
    }))

  it('lets writes go on when the thread ends in the middle', () =>
    withDatabase(async (path) => {
      let ended = 0
      vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, wish: unknown) {
        if (wish !== 'beginAnew') return Reflect.apply(own, this, [wish])
        ended += 1
        void this.terminate()
      })
      const store = sqliteStore(path).sessions
      for (let n = 0; n < MOST_FILLS && ended === 0; n += 1) await fill(store, 100)
      expect(ended).toBe(1)
      await fill(store, 100)
      await store.close()
      expect(existsSync(`${path}-wal`)).toBe(false)
    }))

  it('is gone when the store is closed, with the thread that copied it', () =>
    withDatabase(async (path) => {
      const store = sqliteStore(path).sessions
      await fill(store, 600)
      await store.close()
      expect(existsSync(`${path}-wal`)).toBe(false)
      const again = sqliteStore(path).sessions
      expect((await again.list({ limit: 1000 }, NOW)).items).toHaveLength(600)
      await again.close()
    }))

  it.each([
    { title: 'does not keep the process alive', flags: [] },
    {
      title: 'comes into the file where threads are forbidden',
      flags: ['--permission', '--allow-fs-read=*', '--allow-fs-write=*'],
    },
  ])('$title', ({ flags }) =>
    withDatabase(async (path) => {
      const program = fileURLToPath(new URL('./support/sqlite-large-writer.ts', import.meta.url))
      const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, path])
      expect(Number(stdout)).toBeGreaterThan(flags.length === 0 ? 0 : 3_000_000)
    }),
  )
})
