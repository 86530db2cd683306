// Does the SQLite store see what others commit while it keeps the lock of who reads, and does it give that lock back?
import { renameSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import { sqliteStore } from 'sojourn/sqlite'
import { expect, it } from 'vitest'
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
    other.close()
    await store.close()
  })
}

/** Reads as often as told, all in one turn of the event loop: the promises of reads need no other. */
async function readInOneTurn({ store, id }: World, times: number): Promise<void> {
  await turn()
  for (let n = 0; n < times; n += 1) await alive(store, id, NOW)
}

/** Whether the log can begin anew at once, which nobody who reads lets it. */
function canBeginAnew(other: DatabaseSync): boolean {
  other.exec('PRAGMA user_version = 7')
  return other.prepare('PRAGMA wal_checkpoint(RESTART)').get()?.['busy'] === 0
}

it.each([1, 2, 3, 99, 100, 101, 102, 250])(
  'sees a commit of another connection in the turn in which it has read %d times',
  (times) =>
    withStore(async (world) => {
      await readInOneTurn(world, times)
      world.other.exec('DELETE FROM sojourn_sessions')
      expect(await world.store.load(world.id, 'all', NOW)).toBeUndefined()
    }),
)

it('keeps the lock for a turn in which it is asked often, and not for longer', () =>
  withStore(async (world) => {
    await readInOneTurn(world, 10)
    expect(canBeginAnew(world.other)).toBe(false)
    await turn()
    expect(canBeginAnew(world.other)).toBe(true)
  }))

it('writes in the turn in which it has read often, and sees that too', () =>
  withStore(async (world) => {
    const { store, id } = world
    await readInOneTurn(world, 10)
    await store.update(id, { attributes: [{ name: 'a', when: 'always', value: '1' }] }, NOW)
    await readInOneTurn(world, 10)
    expect([...(await alive(store, id, NOW)).attributes.keys()]).toEqual(['a'])
  }))

it('goes on without a second connection where none can be had', () =>
  withStore(async (world) => {
    const moved = `${world.path}.moved`
    renameSync(world.path, moved)
    await readInOneTurn(world, 10)
    renameSync(moved, world.path)
    world.other.exec('DELETE FROM sojourn_sessions')
    expect(await world.store.load(world.id, 'all', NOW)).toBeUndefined()
  }))
