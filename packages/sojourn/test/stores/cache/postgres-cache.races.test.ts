// Does the PostgreSQL store with a cache keep every promise of both contracts, through either library?
import pg from 'pg'
import postgres from 'postgres'
import type { CacheOptions, PostgresClient } from 'sojourn/postgres'
import { postgresStore } from 'sojourn/postgres'
import { directoryConformance, sessionStoreConformance } from 'sojourn/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { CACHED, holdTo } from '../../support/conformance.ts'
import { describePostgres, ends, type PostgresProgram, type PostgresServer, startPostgres } from '../../support/postgres.ts'
import { emptier } from '../../support/postgres-clients.ts'
import { count } from '../../support/scale.ts'
import { compareRuns } from '../session-store-runs.ts'
import { connected, settling } from './settling.ts'

interface Open {
  readonly client: PostgresClient
  end(): Promise<void>
}

const libraries: Readonly<Record<'postgres' | 'pg', (url: string) => Open>> = {
  postgres(url) {
    const client = postgres(url, { max: 4, backoff: () => 0.02, fetch_types: false })
    return { client, end: () => client.end({ timeout: 0 }) }
  },
  pg(url) {
    // Each store that is opened listens on a connection of the pool.
    const client = new pg.Pool({ connectionString: url, max: 8, connectionTimeoutMillis: 10_000 })
    return { client, end: () => client.end() }
  },
}

/** What the cache asks of a server is the same for all of them: in a quick run the suite is tried on the first, through one library. */
const isFull = count({ full: 1, quick: 0 }) === 1

const define = (program: PostgresProgram) => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres(program)
  })
  afterAll(async () => await server?.stop())

  describe.each(Object.entries(libraries).filter(([library]) => isFull || library === 'pg'))(
    'with %s',
    (library, openLibrary) => {
      const prefix = `cached_${library}`
      let clients: [Open, Open]
      let tables: ReturnType<typeof emptier>
      beforeAll(async () => {
        clients = [openLibrary(server.url), openLibrary(server.url)]
        tables = emptier(server.url, prefix)
        await open(0, {}).directory.listLinks('')
      })
      afterAll(async () => {
        await tables?.end()
        for (const { end } of clients) await end()
      })
      const open = (which: 0 | 1, cache: CacheOptions) => postgresStore({ client: clients[which].client, prefix, cache })

      const ways = [
        { name: 'as the news come', strict: false, wait: settling },
        { name: 'strictly', strict: true, wait: connected },
      ]
      for (const { name, strict, wait } of ways) {
        const cases = sessionStoreConformance({
          async open() {
            await tables.empty()
            const store = await wait(open(0, { strict }).sessions)
            return {
              store,
              another: async () => await wait(open(1, { strict }).sessions),
              countRoundTrips: undefined,
              outage: undefined,
              close: () => store.close(),
            }
          },
          skip: CACHED,
          races: count({ full: 1000, quick: 10 }),
        })
        describe(name, () => {
          holdTo(cases, 2)
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
        holdTo(cases)
      })

      it('answers random calls as the model does', { timeout: 600_000 }, async () => {
        const run = async () => {
          await tables.empty()
          const store = await connected(open(0, {}).sessions)
          return { store, close: () => store.close() }
        }
        await compareRuns(run, count({ full: 500, quick: 10 }))
      })
    },
  )
}

describePostgres('cached sessions in PostgreSQL', define, isFull ? ends : ends.slice(0, 1))
