// Do reads that the SQLite store answers together see what others have committed, and hold nobody up?
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { sqliteStore } from 'sojourn/sqlite'
import { expect, it, vi } from 'vitest'
import type { SessionId, SessionStore } from '../../src/engine/store.ts'
import { NOW, newSession } from '../../src/testing/sessions/builders.ts'
import { alive } from '../../src/testing/sessions/chapter.ts'
import { withDatabase } from './support/sqlite-processes.ts'

interface World {
  readonly path: string
  readonly store: SessionStore
  readonly id: SessionId
  /** Somebody else on the file, who waits for nobody. */
  readonly other: DatabaseSync
}

function withStore(run: (world: World) => Promise<void>): Promise<void> {
  return withDatabase(async (path) => {
    const store = sqliteStore(path).sessions
    const { id, ...session } = newSession(null)
    await store.create({ id, ...session })
    const other = new DatabaseSync(path, { timeout: 0 })
    await run({ path, store, id, other })
    if (other.isOpen) other.close()
    await store.close()
  })
}

/** Begins to read as often as told, all in one turn of the event loop. */
function readInOneTurn({ store, id }: World, times: number) {
  return Array.from({ length: times }, () => store.load(id, 'all', NOW))
}

const endSessions = ({ other }: World) => other.exec('DELETE FROM sojourn_sessions')

it.each([1, 2, 3, 100])('sees a commit of another connection after it has read %d times', (times) =>
  withStore(async (world) => {
    await Promise.all(readInOneTurn(world, times))
    endSessions(world)
    expect(await world.store.load(world.id, 'all', NOW)).toBeUndefined()
  }),
)

it('sees in every read of a turn what another connection has committed before the last of them began', () =>
  withStore(async (world) => {
    await alive(world.store, world.id, NOW)
    const early = readInOneTurn(world, 5)
    endSessions(world)
    const late = readInOneTurn(world, 5)
    expect(await Promise.all([...early, ...late])).toEqual(Array(10).fill(undefined))
  }))

it('sees it also between two reads of a request, each of which needs the answer of the one before', () =>
  withStore(async (world) => {
    await alive(world.store, world.id, NOW)
    const twice = async () => [
      await world.store.load(world.id, 'all', NOW),
      endSessions(world),
      await world.store.load(world.id, 'all', NOW),
    ]
    const found = await Promise.all([twice(), twice()])
    expect(found.map(([, , second]) => second)).toEqual([undefined, undefined])
  }))

it('asks the file once for all of them', () =>
  withStore(async (world) => {
    for (let n = 0; n < 2; n += 1) await alive(world.store, world.id, NOW)
    const get = vi.spyOn(StatementSync.prototype, 'get')
    await Promise.all(readInOneTurn(world, 10))
    expect(get).toHaveBeenCalledOnce()
    get.mockRestore()
  }))

it('asks once for those of a turn that come one by one after the first', () =>
  withStore(async (world) => {
    for (let n = 0; n < 2; n += 1) {
      await turn()
      await alive(world.store, world.id, NOW)
    }
    const get = vi.spyOn(StatementSync.prototype, 'get')
    const reading = [world.store.load(world.id, 'all', NOW)]
    for (let n = 0; n < 5; n += 1) await Promise.resolve()
    reading.push(world.store.load(world.id, 'all', NOW))
    await Promise.all(reading)
    expect(get).toHaveBeenCalledOnce()
    get.mockRestore()
  }))

/** Reads twice in one go, where the file does not answer the first whether others have committed. */
function readInVain(world: World, error: Error) {
  const get = vi.spyOn(StatementSync.prototype, 'get').mockImplementationOnce(() => {
    throw error
  })
  const [first, second] = readInOneTurn(world, 2)
  return { first, second: second?.finally(() => get.mockRestore()) }
}

it('asks again for the next of them where the file did not say whether others have committed', () =>
  withStore(async (world) => {
    await alive(world.store, world.id, NOW)
    endSessions(world)
    const { first, second } = readInVain(world, new Error('disk I/O error'))
    await expect(first).rejects.toThrow('disk I/O error')
    expect(await second).toBeUndefined()
  }))

it('asks again for one that had to wait for others, and sees what they have committed', () =>
  withStore(async (world) => {
    await alive(world.store, world.id, NOW)
    const { first, second } = readInVain(world, Object.assign(new Error('database is locked'), { errcode: 5 }))
    expect(await second).toMatchObject({ id: world.id })
    endSessions(world)
    expect(await first).toBeUndefined()
  }))

it('lets the log begin anew between its reads', () =>
  withStore(async (world) => {
    for (let n = 0; n < 10; n += 1) await alive(world.store, world.id, NOW)
    await Promise.all(readInOneTurn(world, 10))
    world.other.exec('PRAGMA user_version = 7')
    expect(world.other.prepare('PRAGMA wal_checkpoint(RESTART)').get()?.['busy']).toBe(0)
  }))

it('writes in the turn in which it reads, and sees that too', () =>
  withStore(async (world) => {
    const { store, id } = world
    const reading = readInOneTurn(world, 10)
    await store.update(id, { attributes: [{ name: 'a', when: 'always', value: '1' }] }, NOW)
    await Promise.all(reading)
    await Promise.all(readInOneTurn(world, 10))
    expect([...(await alive(store, id, NOW)).attributes.keys()]).toEqual(['a'])
  }))

it('answers what was asked for before it was closed, and leaves the file alone then', () =>
  withStore(async ({ path, id, store, other }) => {
    other.close()
    const second = sqliteStore(path).sessions
    await turn()
    const early = await Promise.all([alive(store, id, NOW), alive(second, id, NOW)])
    const reading = [store.load(id, 'all', NOW), second.load(id, 'all', NOW)]
    await Promise.all([second.close(), store.close()])
    expect(await Promise.all(reading)).toEqual(early)
    await expect(second.load(id, 'all', NOW)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    await turn()
    // The last connection to close removes the log; one that was opened for nobody would have made it again.
    expect(existsSync(`${path}-wal`)).toBe(false)
  }))

it('answers also what had to wait for others before it was closed', () =>
  withStore(async (world) => {
    for (let n = 0; n < 2; n += 1) await alive(world.store, world.id, NOW)
    const { first, second } = readInVain(world, Object.assign(new Error('database is locked'), { errcode: 5 }))
    await second
    await world.store.close()
    expect(await first).toMatchObject({ id: world.id })
  }))

it('tells each read by itself that the file cannot be opened, and opens it for the next', () =>
  withDatabase(async (path) => {
    const folder = `${path}-folder`
    const { sessions } = sqliteStore(`${folder}/sessions.db`)
    const asked = [sessions.load('a', 'all', NOW), sessions.load('b', 'all', NOW)]
    for (const { status } of await Promise.allSettled(asked)) expect(status).toBe('rejected')
    mkdirSync(folder)
    expect(await sessions.load('a', 'all', NOW)).toBeUndefined()
    await sessions.close()
    rmSync(folder, { recursive: true })
  }))
