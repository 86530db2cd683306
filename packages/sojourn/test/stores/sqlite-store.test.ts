// What does the SQLite store do with bad options, damaged files, full disks and tables of other versions?
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers'
import { sqliteStore } from 'sojourn/sqlite'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sqliteClients } from '../../src/stores/sqlite/sqlite-client.ts'
import { attributes, NOW, newSession, principal } from '../../src/testing/sessions/builders.ts'
import { alive, listed } from '../../src/testing/sessions/chapter.ts'
import { withDatabase } from './support/sqlite-processes.ts'

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it was answered'),
    (error: unknown) => error as Error & { code: string },
  )

afterEach(() => vi.restoreAllMocks())

describe('the SQLite store', () => {
  it('refuses options it does not know or cannot use', () => {
    for (const options of [
      '',
      { path: '' },
      { path: 'x\u0000.db' },
      { path: 'x.db', prefix: '' },
      { path: 'x.db', prefix: 'a; DROP TABLE b' },
      { path: 'x.db', prefix: '1a' },
      { path: 'x.db', durability: 'some' },
      { path: 'x.db', busyTimeout: -1 },
      { path: 'x.db', busyTimeout: Number.NaN },
      { path: 'x.db', colour: 'red' },
    ]) {
      expect(() => sqliteStore(options as string), JSON.stringify(options)).toThrow(
        expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
      )
    }
  })

  it('keeps stores of different prefixes apart in one file', () =>
    withDatabase(async (path) => {
      const [one, two] = [sqliteStore(path).sessions, sqliteStore({ path, prefix: 'Other_1' }).sessions]
      const session = newSession(principal())
      await one.create(session)
      expect(await two.load(session.id, 'all', NOW)).toBe(undefined)
      await two.revoke('all', NOW)
      await alive(one, session.id, NOW)
      await one.close()
      await two.close()
    }))

  it('reads, writes and waits for others also where an application tests with a clock of its own, which may have the microtasks too', () =>
    withDatabase(async (path) => {
      const store = sqliteStore(path).sessions
      const [session, another] = [newSession(null), newSession(null)]
      vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout', 'queueMicrotask'] })
      try {
        expect(await store.create(session)).toMatchObject({ outcome: 'done' })
        await alive(store, session.id, NOW)
        const other = new DatabaseSync(path)
        other.exec('BEGIN IMMEDIATE')
        const waiting = store.create(another)
        for (let turns = 0; turns < 3; turns += 1) await new Promise((resolve) => setImmediate(resolve))
        other.close()
        expect(await waiting).toMatchObject({ outcome: 'done' })
        await store.close()
      } finally {
        vi.useRealTimers()
      }
    }))

  it('leaves tables of a newer version alone', () =>
    withDatabase(async (path) => {
      const first = sqliteStore(path).sessions
      await first.create(newSession(null))
      await first.close()
      const db = new DatabaseSync(path)
      db.exec("UPDATE sojourn_schema SET version = 99 WHERE part = 'sessions'")
      db.close()
      const store = sqliteStore(path).sessions
      expect((await caught(store.load('x', 'all', NOW))).code).toBe('ERR_SCHEMA_OUTDATED')
      expect((await caught(store.create(newSession(null)))).code).toBe('ERR_SCHEMA_OUTDATED')
      await store.close()
    }))

  it('tells a file that is no database from one that is not there', () =>
    withDatabase(async (path) => {
      writeFileSync(path, 'This is a text, and it is long enough to be looked at. '.repeat(100))
      const damaged = sqliteStore(path).sessions
      expect((await caught(damaged.load('x', 'all', NOW))).code).toBe('ERR_STORE_CORRUPT')
      const elsewhere = join(dirname(path), 'missing', 'sojourn.db')
      const store = sqliteStore(elsewhere).sessions
      const session = newSession(null)
      const error = await caught(store.create(session))
      expect([error.code, error.cause instanceof Error]).toEqual(['ERR_STORE_UNAVAILABLE', true])
      mkdirSync(dirname(elsewhere))
      await store.create(session)
      await alive(store, session.id, NOW)
      await store.close()
    }))

  it('says that a file cannot be used to which links lead round and round', () =>
    withDatabase(async (path) => {
      symlinkSync(`${path}.link`, path)
      symlinkSync(path, `${path}.link`)
      await expect(sqliteStore(path).sessions.load('x', 'header', 0)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    }))

  it('makes a file that its owner alone can read, also where links lead to it', () =>
    withDatabase(async (path) => {
      const folder = join(dirname(path), 'data')
      mkdirSync(folder)
      symlinkSync(join('data', 'link.db'), path)
      symlinkSync('real.db', join(folder, 'link.db'))
      const store = sqliteStore(path).sessions
      await store.create(newSession(null))
      for (const name of ['real.db', 'real.db-wal', 'real.db-shm']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
      await store.close()
    }))

  it('finds its tables by a prefix that differs in upper and lower case, as SQLite does', () =>
    withDatabase(async (path) => {
      const session = newSession(null)
      for (const prefix of ['Shop', 'shop']) {
        const store = sqliteStore({ path, prefix }).sessions
        if (prefix === 'Shop') await store.create(session)
        await alive(store, session.id, NOW)
        await store.close()
      }
    }))

  it('says that a row is damaged, and not what is in it', () =>
    withDatabase(async (path) => {
      const store = sqliteStore(path).sessions
      const session = newSession(principal(), { attributes: attributes({ a: 'treasure' }) })
      await store.create(session)
      const db = new DatabaseSync(path)
      db.exec(`UPDATE sojourn_sessions SET attributes = '{"a":["treasure'`)
      db.close()
      for (const call of [store.load(session.id, 'all', NOW), store.update(session.id, {}, NOW)]) {
        const error = await caught(call)
        expect(error.code).toBe('ERR_STORE_CORRUPT')
        expect(`${error.stack} ${JSON.stringify(error)} ${error.cause}`).not.toContain('treasure')
      }
      await store.close()
    }))

  it('waits for the disk before it answers a revocation, a deletion, a new secret or a changed user, and with `full` before anything', () =>
    withDatabase(async (path) => {
      const run = vi.spyOn(DatabaseSync.prototype, 'exec')
      /** What the last commit waited for. */
      const waited = () =>
        run.mock.calls
          .map(([sql]) => sql)
          .findLast((sql) => sql.includes('synchronous'))
          ?.match(/synchronous = (\w+)/)?.[1]
      const store = sqliteStore(path).sessions
      const session = newSession(principal())
      await store.create(session)
      expect(waited()).toBe('NORMAL')
      await store.delete(session.id, NOW)
      expect(waited()).toBe('FULL')
      await store.create(session)
      expect(waited()).toBe('NORMAL')
      await Promise.all([store.update(session.id, { header: { renewAt: 1 } }, NOW), store.revoke('guests', NOW)])
      expect(waited()).toBe('FULL')
      for (const call of [
        () => store.update(session.id, { header: { secretHash: 'new' } }, NOW),
        () => store.bump(principal()),
      ]) {
        await store.update(session.id, { header: { renewAt: NOW } }, NOW)
        expect(waited()).toBe('NORMAL')
        await call()
        expect(waited()).toBe('FULL')
      }
      await store.close()
      const full = sqliteStore({ path, durability: 'full' }).sessions
      await full.update(session.id, { header: { renewAt: 2 } }, NOW)
      expect(waited()).toBe('FULL')
      await full.close()
    }))

  it('finishes what was asked for before it closes', () =>
    withDatabase(async (path) => {
      const store = sqliteStore(path).sessions
      const sessions = Array.from({ length: 600 }, () => newSession(null))
      let done = 0
      const created = sessions.map(async (session) => {
        const { outcome } = await store.create(session)
        if (outcome === 'done') done += 1
      })
      await Promise.resolve()
      await store.close()
      expect(done).toBe(600)
      await Promise.all(created)
      const again = sqliteStore(path).sessions
      expect((await listed(again, null, NOW, 100)).length).toBe(600)
      await again.close()
    }))
})

describe('a group of writes', () => {
  const parts = [{ name: 'test', steps: ['CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT)'] }]
  const clients = () => sqliteClients({ path: ':memory:', prefix: 'p', parts, durability: 'normal', busyTimeout: 1000 })
  const insert = (n: number, text = '') => [`INSERT INTO t VALUES (${n}, '${text}')`] as const

  it('undoes the one that throws, and keeps the others', async () => {
    const client = clients()()
    const write = (n: number, fails: boolean) =>
      client.write('usual', (db) => {
        db.prepare(insert(n)[0]).run()
        if (fails) throw new Error(`number ${n}`)
        return n
      })
    const settled = await Promise.allSettled([write(1, false), write(2, true), write(3, false), write(3, false), write(4, false)])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
    expect(await client.read((db) => db.prepare('SELECT n FROM t').all())).toEqual([[1], [3], [4]])
    await client.close()
  })

  it('answers a full disk with an error, and goes on when there is room', async () => {
    const client = clients()()
    await client.write('usual', (db) => db.prepare('PRAGMA max_page_count = 8').get())
    const write = (n: number, length: number) => client.write('usual', (db) => db.prepare(insert(n, 'x'.repeat(length))[0]).run())
    const [, error] = await Promise.all([write(1, 10).catch(() => undefined), caught(write(2, 100_000))])
    expect(error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', applied: 'no' })
    await write(3, 10)
    await client.write('usual', (db) => db.prepare('PRAGMA max_page_count = 800').get())
    await write(4, 100_000)
    const kept = await client.read((db) => db.prepare('SELECT n FROM t').all())
    expect(kept.flat()).toEqual(expect.arrayContaining([3, 4]))
    expect(kept.flat()).not.toContain(2)
    await client.close()
  })

  it('stays open for one client when another closes', async () => {
    const open = clients()
    const [one, two] = [open(), open()]
    await one.write('usual', (db) => db.prepare(insert(1)[0]).run())
    expect(await two.read((db) => db.prepare('SELECT n FROM t').all())).toEqual([[1]])
    await one.close()
    expect((await caught(one.read(() => 0))).code).toBe('ERR_STORE_UNAVAILABLE')
    expect(await two.read((db) => db.prepare('SELECT n FROM t').all())).toEqual([[1]])
    await two.close()
  })
})
