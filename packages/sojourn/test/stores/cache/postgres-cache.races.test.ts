// Does the PostgreSQL store with a cache keep every promise of both contracts, through either library?
import type { CacheOptions } from 'sojourn/postgres'
import { postgresStore } from 'sojourn/postgres'
import { directoryConformance, sessionStoreConformance } from 'sojourn/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { DIRECTORY_CASES, holdTo, SESSION_CASES } from '../../support/conformance.ts'
import { type FaultProxy, faultProxy } from '../../support/fault-proxy.ts'
import { describePostgres, ends, type PostgresProgram, type PostgresServer, startPostgres } from '../../support/postgres.ts'
import { emptier, libraries, type OpenClient } from '../../support/postgres-clients.ts'
import { count } from '../../support/scale.ts'
import { compareRuns } from '../session-store-runs.ts'
import { connected, settling } from './settling.ts'

/** Each store that is opened listens on a connection of the pool of `pg`, beside those for calls. */
const CONNECTIONS = 8

/** What the cache asks of a server is the same for all of them: in a quick run the suite is tried on the first, through one library. */
const isFull = count({ full: 1, quick: 0 }) === 1

const define = (program: PostgresProgram) => {
  let server: PostgresServer
  let proxy: FaultProxy
  beforeAll(async () => {
    server = await startPostgres(program)
    proxy = await faultProxy(server.port)
  })
  afterAll(async () => {
    await proxy?.close()
    await server?.stop()
  })

  describe.each(libraries.filter(({ name }) => isFull || name === 'pg'))('with $name', (library) => {
    const prefix = `cached_${library.name}`
    let clients: [OpenClient, OpenClient]
    let tables: ReturnType<typeof emptier>
    beforeAll(async () => {
      clients = [
        library.open(`postgres://postgres@127.0.0.1:${proxy.port}/postgres`, CONNECTIONS),
        library.open(server.url, CONNECTIONS),
      ]
      tables = emptier(server.url, prefix)
      await open(0, {}).directory.listLinks('')
    })
    afterAll(async () => {
      await tables?.end()
      for (const { end } of clients) await end()
    })
    const open = (which: 0 | 1, cache: CacheOptions) =>
      postgresStore({ client: clients[which].client, prefix, cache, callTimeout: 4 })

    const ways = [
      { name: 'as the news come', strict: false, wait: settling },
      { name: 'strictly', strict: true, wait: connected },
    ]
    for (const { name, strict, wait } of ways) {
      const cases = sessionStoreConformance({
        async open() {
          await tables.empty()
          const { sent } = clients[0]
          const { store, unasked, through } = await wait(open(0, { strict }).sessions, sent)
          return {
            store,
            another: async () => (await wait(open(1, { strict }).sessions)).store,
            countRoundTrips: () => sent() - unasked(),
            outage: through({
              async begin() {
                proxy.refuse()
                proxy.reset()
              },
              end: () => proxy.accept(),
            }),
            close: () => store.close(),
          }
        },
        cached: strict ? 'strict' : true,
        races: count({ full: 1000, quick: 10 }),
      })
      describe(name, () => {
        holdTo(cases, SESSION_CASES)
      })
    }

    describe('the directory beside it', () => {
      const cases = directoryConformance({
        async open() {
          await tables.empty()
          const { sessions, directory } = open(0, {})
          await connected(sessions)
          return {
            directory,
            another: async () => postgresStore({ client: clients[1].client, prefix }).directory,
            async close() {
              await directory.close()
              await sessions.close()
            },
          }
        },
      })
      holdTo(cases, DIRECTORY_CASES)
    })

    it('answers random calls as the model does', { timeout: 600_000 }, async () => {
      const run = async () => {
        await tables.empty()
        const { store } = await connected(open(0, {}).sessions)
        return { store, close: () => store.close() }
      }
      await compareRuns(run, count({ full: 500, quick: 10 }))
    })
  })
}

describePostgres('cached sessions in PostgreSQL', define, isFull ? ends : ends.slice(0, 1))
