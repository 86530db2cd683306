// What do callers see when PostgreSQL dies, connections break or the network goes silent, and is everything right afterwards?
import { postgresStore } from 'sojourn/postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isSojournError } from '../../../src/engine/error.ts'
import type { SessionStore } from '../../../src/engine/store.ts'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive, DONE } from '../../../src/testing/sessions/chapter.ts'
import { faultProxy } from '../../support/fault-proxy.ts'
import { countOn, describePostgres, programs, startPostgres, urlOf } from '../../support/postgres.ts'
import { librariesFor, type OpenClient, openAdmin } from '../../support/postgres-clients.ts'
import { throughout } from '../../support/throughout.ts'
import { tally } from './tally.ts'

describePostgres(
  'faults',
  (program) => {
    const server = throughout(() => startPostgres(program), 'stop')
    const proxy = throughout(() => faultProxy(server().port), 'close')

    describe.each(librariesFor(program))('through $name', (library) => {
      let opened: OpenClient
      /** One that waits, for what has to succeed, and one that does not wait long, for what may not. */
      let store: SessionStore
      let hasty: SessionStore
      const open = () => {
        opened = library.open(urlOf(proxy().port))
        store = postgresStore(opened.client).sessions
        hasty = postgresStore({ client: opened.client, callTimeout: 0.3 }).sessions
      }
      beforeEach(async () => {
        open()
        await hasty.bump(principal()).catch(() => store.bump(principal()))
      })
      afterEach(async () => {
        proxy().fault({})
        proxy().reset()
        await opened.end()
      })

      /** What a session counts to. A connection may learn only now that it was ended, which is an outage and nothing else. */
      async function counter(id: string): Promise<number> {
        for (;;) {
          try {
            return Number((await alive(store, id, NOW)).attributes.get('n')?.value ?? 0)
          } catch (error) {
            if (!isSojournError(error, 'ERR_STORE_UNAVAILABLE')) throw error
          }
        }
      }

      /** A session, and calls on it while `disturb` is called at the given acknowledgements, and on until it has met a call. */
      async function underLoad(moments: readonly number[], disturb: () => Promise<void>): Promise<void> {
        const session = newSession(principal())
        await store.create(session)
        const account = tally(hasty, session.id)
        const disturbances: Promise<void>[] = []
        const last = moments.at(-1) ?? 0
        let sum = 0
        await account.run(8, {
          acknowledged: (now) => {
            sum = now
            const isUnmet = now > last && now % 20 === 0 && account.failed() === 0
            if (moments.includes(now) || isUnmet) disturbances.push(disturb())
          },
          stop: () => sum >= last + (account.failed() > 0 ? 50 : 5000),
        })
        await Promise.all(disturbances)
        const { least, most } = account.expected()
        expect(account.wrong).toEqual([])
        expect(account.failed()).toBeGreaterThan(0)
        const actual = await counter(session.id)
        expect(actual).toBeGreaterThanOrEqual(least)
        expect(actual).toBeLessThanOrEqual(most)
      }

      it('loses nothing acknowledged when the server is killed, and goes on when it is back', async () => {
        const kills = countOn(program, { full: 20, quick: 1 })
        const moments = Array.from({ length: kills }, (_, index) => 100 * (index + 1))
        await underLoad(moments, async () => {
          await server().crash()
          await server().restart()
        })
      })

      it('keeps an acknowledged revocation and an acknowledged session through a kill', async () => {
        const [owner, other] = [principal(), principal()]
        const [ended, kept] = [newSession(owner), newSession(other)]
        await store.create(ended)
        await store.revoke({ principal: owner }, NOW)
        await store.create(kept)
        await server().crash()
        await server().restart()
        await opened.end()
        open()
        expect(await store.load(ended.id, 'header', NOW)).toBeUndefined()
        await alive(store, kept.id, NOW)
      })

      it('counts exactly although the server ends connections in the middle of statements', async () => {
        const admin = openAdmin(server().url)
        await underLoad([20, 40, 60, 80, 100], async () => {
          await admin.run(
            'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL',
          )
        })
        await admin.end()
      })

      it('counts exactly although the network resets connections', async () => {
        await underLoad([20, 40, 60, 80, 100], async () => proxy().reset())
      })

      it('takes no write while the server takes none, applies nothing by half, and goes on in the same client when it does', async () => {
        const admin = openAdmin(server().url)
        const readOnly = (is: 'on' | 'off') =>
          admin.run(`ALTER SYSTEM SET default_transaction_read_only = ${is}`).then(() => admin.run('SELECT pg_reload_conf()'))
        const session = newSession(principal())
        await store.create(session)
        const account = tally(hasty, session.id)
        const pair = [
          { name: 'one', when: 'always', add: 1 },
          { name: 'two', when: 'always', add: 1 },
        ] as const
        let [sum, isOver, failedOver] = [0, false, 0]
        // Fewer than there are connections: a pool of pg replaces the connection of every query that is refused, and gives the new one to
        // whoever asks next, before those who wait.
        const load = account.run(2, {
          acknowledged: (now) => {
            sum = now
          },
          stop: () => isOver,
        })
        const pairs = (async () => {
          while (!isOver) await hasty.update(session.id, { attributes: pair }, NOW).catch(() => undefined)
        })()
        try {
          for (let round = 0; round < countOn(program, { full: 10, quick: 2 }); round += 1) {
            const [before, failed] = [sum, account.failed()]
            await expect.poll(() => sum, { interval: 5 }).toBeGreaterThan(before + 50)
            await readOnly('on')
            await expect.poll(() => account.failed(), { interval: 5 }).toBeGreaterThan(failed + 50)
            await alive(store, session.id, NOW)
            const refused = { code: 'ERR_STORE_UNAVAILABLE', applied: 'no', message: 'PostgreSQL is read-only.' }
            await expect(store.update(session.id, { attributes: pair }, NOW)).rejects.toMatchObject(refused)
            failedOver += 1
            await readOnly('off')
          }
          const before = sum
          await expect.poll(() => sum, { interval: 5 }).toBeGreaterThan(before + 50)
        } finally {
          isOver = true
          await readOnly('off')
          await admin.end()
        }
        await Promise.all([load, pairs])
        expect([account.wrong, failedOver]).toEqual([[], countOn(program, { full: 10, quick: 2 })])
        const { least, most } = account.expected()
        const { attributes: found } = await alive(store, session.id, NOW)
        expect(Number(found.get('n')?.value)).toBeGreaterThanOrEqual(least)
        expect(Number(found.get('n')?.value)).toBeLessThanOrEqual(most)
        expect(found.get('one')?.value).toBe(found.get('two')?.value)
      })

      it.each(['black-hole', 'half-open'] as const)(
        'answers within its time in a network that is a %s, and goes on afterwards',
        async (drops) => {
          const session = newSession(principal())
          await store.create(session)
          const account = tally(hasty, session.id)
          proxy().fault({ drops })
          await expect(hasty.load(session.id, 'all', NOW)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', applied: 'no' })
          await expect(hasty.revoke({ principal: principal() }, NOW)).rejects.toMatchObject({ applied: 'unknown' })
          let rounds = 0
          await account.run(8, { acknowledged: () => {}, stop: () => rounds++ >= 8 })
          expect(account.wrong).toEqual([])
          expect(account.failed()).toBeGreaterThan(0)
          proxy().fault({})
          proxy().reset()
          await opened.end()
          open()
          const { least, most } = account.expected()
          const actual = await counter(session.id)
          expect(actual).toBeGreaterThanOrEqual(least)
          expect(actual).toBeLessThanOrEqual(most)
        },
      )

      it('recovers in the same process when broken connections are reset', async () => {
        const session = newSession(principal())
        await store.create(session)
        proxy().fault({ drops: 'black-hole' })
        await expect(hasty.load(session.id, 'all', NOW)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
        proxy().fault({})
        proxy().reset()
        await expect.poll(() => store.load(session.id, 'all', NOW).catch(() => undefined)).toMatchObject({ id: session.id })
        expect(await store.update(session.id, { header: { renewAt: 5 } }, NOW)).toEqual(DONE)
      })

      it('answers the same over a slow network', async () => {
        proxy().fault({ latency: 20 })
        const session = newSession(principal())
        await store.create(session)
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, () =>
            store.update(session.id, { attributes: [{ name: 'a', when: 'absent', value: '1' }] }, NOW),
          ),
        )
        expect(outcomes.filter(({ outcome }) => outcome === 'done')).toHaveLength(1)
      })
    })
  },
  programs,
)
