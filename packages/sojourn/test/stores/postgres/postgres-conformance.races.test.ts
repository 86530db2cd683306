// Does the PostgreSQL store keep the promises of both contracts, through either client library and however it is laid out?
import { type PostgresOptions, postgresStore } from 'sojourn/postgres'
import { directoryConformance, sessionStoreConformance } from 'sojourn/testing'
import { afterAll, beforeAll, describe } from 'vitest'
import { DIRECTORY_CASES, holdTo, SESSION_CASES } from '../../support/conformance.ts'
import { type FaultProxy, faultProxy } from '../../support/fault-proxy.ts'
import {
  countOn,
  describePostgres,
  type PostgresProgram,
  type PostgresServer,
  programs,
  startPostgres,
} from '../../support/postgres.ts'
import { emptier, librariesFor, type OpenClient } from '../../support/postgres-clients.ts'

interface Layout {
  readonly name: string
  readonly options: Omit<PostgresOptions, 'client'>
}

const plain: Layout = { name: 'one table', options: { prefix: 'plain' } }
const spread: Layout = {
  name: 'unlogged partitions, written lazily',
  options: { prefix: 'spread', partitions: 8, unlogged: true, synchronousCommit: 'off' },
}
/** How sessions are laid out on a server: both ways where counts are full, otherwise one way on the newest and the other on the rest. */
function layoutsFor(program: PostgresProgram): readonly Layout[] {
  if (countOn(program, { full: 1, quick: 0 }) === 1) return [plain, spread]
  return program === programs[0] ? [plain] : [spread]
}

describePostgres(
  'the PostgreSQL store',
  (program) => {
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

    const tried = librariesFor(program).flatMap((library) => layoutsFor(program).map((layout) => ({ library, layout })))
    for (const { library, layout } of tried) {
      describe(`through ${library.name}, ${layout.name}`, () => {
        const options = { ...layout.options, prefix: `${layout.options.prefix}_${library.name}` }
        let first: OpenClient
        let second: OpenClient
        let tables: ReturnType<typeof emptier>
        beforeAll(async () => {
          first = library.open(`postgres://postgres@127.0.0.1:${proxy.port}/postgres`)
          second = library.open(server.url)
          tables = emptier(server.url, options.prefix)
          await postgresStore({ client: second.client, ...options }).directory.listLinks('')
        })
        afterAll(async () => {
          await first?.end()
          await second?.end()
          await tables?.end()
        })

        const sessions = sessionStoreConformance({
          async open() {
            await tables.empty()
            const store = postgresStore({ client: first.client, ...options, callTimeout: 4 }).sessions
            return {
              store,
              another: async () => postgresStore({ client: second.client, ...options }).sessions,
              countRoundTrips: first.sent,
              outage: {
                async begin() {
                  proxy.refuse()
                  proxy.reset()
                },
                end: () => proxy.accept(),
              },
              close: () => store.close(),
            }
          },
          races: countOn(program, { full: 5000, quick: 40 }),
        })
        const directory = directoryConformance({
          async open() {
            await tables.empty()
            const opened = postgresStore({ client: first.client, ...options }).directory
            return {
              directory: opened,
              another: async () => postgresStore({ client: second.client, ...options }).directory,
              close: () => opened.close(),
            }
          },
        })
        holdTo([...sessions, ...directory], SESSION_CASES + DIRECTORY_CASES)
      })
    }
  },
  programs,
)
