// Does ending many sessions at once cost one change, however many they are, and is the next use of any of them refused?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { SessionStore } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { expect, it } from 'vitest'
import { count } from '../support/scale.ts'
import { describeStores } from './stores.ts'
import { codeOf, openSojourn, openWorld } from './world.ts'

const OF_ONE = count({ full: 10_000, quick: 300 })
const OF_ALL = count({ full: 100_000, quick: 1500 })

/** A store that counts its calls. */
function counted(sessions: SessionStore) {
  const calls: string[] = []
  const counting = new Proxy(sessions, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        calls.push(String(name))
        return value.apply(target, args)
      }
    },
  })
  return { counting, calls }
}

describeStores(`${OF_ONE} of one user, ${OF_ALL} of everyone`, (open, isNear) => {
  const ofOne = isNear ? OF_ONE : Math.min(OF_ONE, 3000)
  const ofAll = isNear ? OF_ALL : Math.min(OF_ALL, 10_000)

  it('one store call each; the next use of any is refused, and others live on', async () => {
    const { store, another } = await open()
    const { counting, calls } = counted(store.sessions)
    await using world = await openWorld({ ...store, sessions: counting })
    await using other = await openSojourn(another(), {}, world.clock)
    const bob = await world.user('bob')
    const start = async (principal: string | null) => (await world.sso.sessions.start({ principal })).token
    async function startMany(number: number, of: (at: number) => string | null): Promise<string[]> {
      const tokens: string[] = []
      for (let from = 0; from < number; from += 500) {
        const batch = Array.from({ length: Math.min(500, number - from) }, (_, at) => start(of(from + at)))
        tokens.push(...(await Promise.all(batch)))
      }
      return tokens
    }
    async function alive(tokens: readonly string[]): Promise<number> {
      let found = 0
      for (let from = 0; from < tokens.length; from += 500) {
        const batch = tokens.slice(from, from + 500).map((token, at) => (at % 2 === 0 ? world : other).sso.sessions.resume(token))
        found += (await Promise.all(batch)).filter((session) => session !== undefined).length
      }
      return found
    }

    const adas = await startMany(ofOne, () => world.ada.userId)
    const bobs = await startMany(10, () => bob.userId)
    calls.length = 0
    await world.sso.user.session.endAll({ currentUst: world.ada.ust })
    expect(calls).toEqual(['load', 'revoke'])
    expect(await alive([...adas, world.ada.ust])).toBe(0)
    expect(await alive(bobs)).toBe(10)

    const everyone = await startMany(ofAll, (at) => (at % 3 === 0 ? null : at % 3 === 1 ? world.ada.userId : `user-${at % 100}`))
    expect(await alive(everyone.slice(0, 500))).toBe(500)
    calls.length = 0
    await world.sso.sessions.revoke('guests')
    expect(calls).toEqual(['revoke'])
    expect(await alive(everyone.slice(0, 300))).toBe(200)
    calls.length = 0
    await world.sso.sessions.revoke('all')
    expect(calls).toEqual(['revoke'])
    expect(await alive([...everyone, ...bobs, bob.ust, world.root.ust])).toBe(0)
    expect(await codeOf(world.sso.user.getCurrentUser({ currentUst: world.root.ust }))).toBe('ERR_SESSION_ENDED')
    expect(await alive([await start(null), await start(bob.userId)])).toBe(2)
  })

  it('a session of somebody else cannot be spared, neither kept alive nor ended nor brought back', async () => {
    const { store } = await open()
    await using world = await openWorld(store)
    const { sessions } = world.sso
    const start = (principal: string | null) => sessions.start({ principal })
    const alive = async (token: string) => (await sessions.resume(token)) !== undefined
    for (const owner of ['bob', null]) {
      const [ada, other, ended] = [await start('ada'), await start(owner), await start(owner)]
      await sessions.revoke({ principal: 'ada', except: other.session.id })
      expect([await alive(ada.token), await alive(other.token)]).toEqual([false, true])
      await sessions.revoke(owner === null ? 'guests' : { principal: owner })
      for (let times = 0; times < 3; times += 1) {
        await sessions.revoke({ principal: 'ada', except: ended.session.id })
        await sessions.revoke({ principal: 'eve', except: ended.session.id })
        expect([await alive(ended.token), await alive(other.token)]).toEqual([false, false])
      }
      // Nor is one's own that had ended already.
      const mine = await start('ada')
      await sessions.revoke({ principal: 'ada' })
      await sessions.revoke({ principal: 'ada', except: mine.session.id })
      expect(await alive(mine.token)).toBe(false)
    }
  })
})

it('in SQLite it changes one row of counters, and none of a session', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-revoke-'))
  try {
    const path = join(folder, 'many.db')
    await using world = await openWorld(sqliteStore(path))
    await Promise.all(Array.from({ length: 200 }, () => world.sso.sessions.start({ principal: world.ada.userId })))
    using db = new DatabaseSync(path)
    const rows = (table: string) => db.prepare(`SELECT * FROM sojourn_${table}`).all()
    for (const scope of [{ principal: world.ada.userId }, 'guests', 'all'] as const) {
      const [sessions, counters] = [rows('sessions'), rows('counters')]
      await world.sso.sessions.revoke(scope)
      expect(rows('sessions')).toEqual(sessions)
      const before = new Set(counters.map((row) => JSON.stringify(row)))
      expect(rows('counters').filter((row) => !before.has(JSON.stringify(row)))).toHaveLength(1)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
