// Does a client go on when PostgreSQL dies and its standby takes over, and is everything there that was acknowledged?
import { type CacheStatus, postgresStore } from 'sojourn/postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SessionStore } from '../../../src/engine/store.ts'
import { userOf, writeOf } from '../../../src/testing/directory/directory-chapter.ts'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { type FaultProxy, faultProxy } from '../../support/fault-proxy.ts'
import {
  countOn,
  describePostgres,
  ends,
  type PostgresProgram,
  type PostgresServer,
  startPostgres,
  urlOf,
} from '../../support/postgres.ts'
import { libraries, openAdmin } from '../../support/postgres-clients.ts'
import { type Standby, startStandby } from '../../support/postgres-standby.ts'
import { count } from '../../support/scale.ts'
import { cacheOf } from '../cache/settling.ts'
import { ledger } from './ledger.ts'
import { tally } from './tally.ts'

const PATIENCE = { timeout: 30_000, interval: 5 }

const REFUSED = {
  code: 'ERR_STORE_UNAVAILABLE',
  applied: 'no',
  message: 'PostgreSQL is read-only.',
  fix: expect.stringContaining('Point the client at the primary'),
}

const SERVERS = ends.slice(0, count({ full: 2, quick: 1 }))

function failover(program: PostgresProgram): void {
  describe.each(libraries.slice(count({ full: 0, quick: 1 })))('through $name', (library) => {
    let primary: PostgresServer
    let standby: Standby | undefined
    let proxy: FaultProxy
    beforeEach(async () => {
      primary = await startPostgres(program)
      proxy = await faultProxy(primary.port)
    })
    afterEach(async () => {
      await proxy?.close()
      await standby?.stop()
      await primary?.stop()
      standby = undefined
    })

    /** The standby takes over, and what it followed is gone. */
    async function succeed(by: Standby): Promise<void> {
      await by.promote()
      await primary.stop()
      primary = by
      standby = undefined
    }

    const write = (store: SessionStore, id: string) =>
      store.update(id, { attributes: [{ name: 'other', when: 'always', value: '1' }] }, NOW)

    it('reads from a standby, which takes no write and says who does', async () => {
      standby = await startStandby(program, primary, 'remote_apply')
      const [writing, reading] = [library.open(primary.url), library.open(standby.url)]
      const [at, there] = [postgresStore(writing.client), postgresStore(reading.client)]
      const session = newSession(principal())
      await at.sessions.create(session)
      const user = userOf('one')
      await at.directory.createUser(user, writeOf())
      expect(await alive(there.sessions, session.id, NOW)).toEqual(await alive(at.sessions, session.id, NOW))
      expect(await there.directory.findUser({ userId: user.userId })).toEqual(user)
      await expect(write(there.sessions, session.id)).rejects.toMatchObject(REFUSED)
      await expect(there.sessions.revoke('all', NOW)).rejects.toMatchObject(REFUSED)
      await expect(there.sessions.create(newSession(principal()))).rejects.toMatchObject(REFUSED)
      await alive(there.sessions, session.id, NOW)
      await Promise.all([writing.end(), reading.end()])
    })

    it('has its caches again when the standby that they were led to is promoted', async () => {
      const opened = library.open(urlOf(proxy.port))
      const connected = [false, false]
      // Two stores that listen through one client.
      const caches = connected.map((_, index) => {
        const onStatus = (status: CacheStatus) => {
          connected[index] = status.connected
        }
        return postgresStore({ client: opened.client, cache: { maxAge: 1, onStatus } }).sessions
      })
      const owner = principal()
      const session = newSession(owner)
      await caches[0]?.create(session)
      for (const each of caches) await cacheOf(each).settled()
      standby = await startStandby(program, primary, 'remote_apply')
      const there = openAdmin(standby.url)
      await primary.crash()
      proxy.redirect(standby.port)
      await expect.poll(() => connected, PATIENCE).toEqual([false, false])
      // postgres.js listens again by itself, and is refused; with pg nobody tries before a write has gone through.
      const refused = "SELECT count(*)::integer FROM pg_stat_activity WHERE state = 'idle' AND query ILIKE 'listen %'"
      if (library.name === 'postgres') await expect.poll(() => there.run(refused), PATIENCE).toEqual([[1]])
      await succeed(standby)
      await expect.poll(() => connected, PATIENCE).toEqual([true, true])
      for (const each of caches) await alive(each, session.id, NOW)
      expect(caches.map((each) => cacheOf(each).size())).toEqual([1, 1])
      const other = library.open(primary.url)
      await postgresStore(other.client).sessions.revoke({ principal: owner }, NOW)
      for (const each of caches) {
        await cacheOf(each).settled()
        expect(await each.load(session.id, 'all', NOW)).toBeUndefined()
        await each.close()
      }
      await Promise.all([opened.end(), other.end(), there.end()])
    })

    // Whoever reads from a standby before it is promoted sees all that was acknowledged only where the primary waits for that.
    it.each([
      { when: 'once it is promoted', acknowledged: 'on', isEarly: false },
      { when: 'before it is promoted', acknowledged: 'remote_apply', isEarly: true },
    ] as const)(
      'keeps all that was acknowledged, and goes on in the same client when that is led to the standby $when',
      async (given) => {
        const opened = library.open(urlOf(proxy.port), 6)
        const store = postgresStore(opened.client).sessions
        const hasty = postgresStore({ client: opened.client, callTimeout: 0.3 }).sessions
        const session = newSession(principal())
        await store.create(session)
        const [account, book] = [tally(hasty, session.id), ledger(hasty)]
        let [sum, isOver] = [0, false]
        const hooks = {
          acknowledged: (now: number) => {
            sum = now
          },
          stop: () => isOver,
        }
        const load = Promise.all([account.run(3, hooks), book.run(3, () => isOver)])
        const goesOn = async () => {
          const [counted, revoked] = [sum, book.revoked()]
          await expect.poll(() => sum, PATIENCE).toBeGreaterThan(counted + 50)
          await expect.poll(() => book.revoked(), PATIENCE).toBeGreaterThan(revoked + 10)
        }
        try {
          for (let round = 0; round < countOn(program, { full: 5, quick: 1 }); round += 1) {
            standby = await startStandby(program, primary, given.acknowledged)
            await goesOn()
            const failed = account.failed()
            if (round % 2 === 0) {
              // What the primary still takes reaches nobody else, so it must not be acknowledged.
              standby.cutOff()
              await expect.poll(() => account.failed(), PATIENCE).toBeGreaterThan(failed + 3)
            }
            await primary.crash()
            proxy.refuse()
            proxy.redirect(standby.port)
            if (given.isEarly) {
              await proxy.accept()
              await expect.poll(() => write(store, session.id).catch((error: unknown) => error), PATIENCE).toMatchObject(REFUSED)
              const seen = book.seen()
              await expect.poll(() => book.seen(), PATIENCE).toBeGreaterThan(seen + 50)
              await succeed(standby)
            } else {
              await succeed(standby)
              await proxy.accept()
            }
            await goesOn()
          }
        } finally {
          isOver = true
        }
        await load
        await book.audit(store)
        expect([...account.wrong, ...book.wrong]).toEqual([])
        const { least, most } = account.expected()
        const actual = Number((await alive(store, session.id, NOW)).attributes.get('n')?.value)
        expect(actual).toBeGreaterThanOrEqual(least)
        expect(actual).toBeLessThanOrEqual(most)
        await opened.end()
      },
    )
  })
}

describePostgres('failover', failover, SERVERS)
