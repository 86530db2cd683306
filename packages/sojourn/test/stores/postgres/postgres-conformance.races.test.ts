// Does the PostgreSQL store keep the promises of both contracts, through either client library and however it is laid out?
import { type PostgresOptions, postgresStore } from 'sojourn/postgres'
import { directoryConformance, sessionStoreConformance } from 'sojourn/testing'
import { beforeAll, describe } from 'vitest'
import { DIRECTORY_CASES, holdTo, SESSION_CASES } from '../../support/conformance.ts'
import { faultProxy, outageOf } from '../../support/fault-proxy.ts'
import { countOn, describePostgres, type PostgresProgram, programs, startPostgres, urlOf } from '../../support/postgres.ts'
import { emptier, librariesFor } from '../../support/postgres-clients.ts'
import { throughout } from '../../support/throughout.ts'

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
    const server = throughout(() => startPostgres(program), 'stop')
    const proxy = throughout(() => faultProxy(server().port), 'close')

    const tried = librariesFor(program).flatMap((library) => layoutsFor(program).map((layout) => ({ library, layout })))
    for (const { library, layout } of tried) {
      describe(`through ${library.name}, ${layout.name}`, () => {
        const options = { ...layout.options, prefix: `${layout.options.prefix}_${library.name}` }
        const first = throughout(() => library.open(urlOf(proxy().port)), 'end')
        const second = throughout(() => library.open(server().url), 'end')
        const tables = throughout(() => emptier(server().url, options.prefix), 'end')
        beforeAll(async () => {
          await postgresStore({ client: second().client, ...options }).directory.listLinks('')
        })

        const sessions = sessionStoreConformance({
          async open() {
            await tables().empty()
            const store = postgresStore({ client: first().client, ...options }).sessions
            return {
              store,
              another: async () => postgresStore({ client: second().client, ...options }).sessions,
              countRoundTrips: first().sent,
              outage: outageOf(proxy()),
              close: () => store.close(),
            }
          },
          races: countOn(program, { full: 5000, quick: 40 }),
        })
        const directory = directoryConformance({
          async open() {
            await tables().empty()
            const opened = postgresStore({ client: first().client, ...options }).directory
            return {
              directory: opened,
              another: async () => postgresStore({ client: second().client, ...options }).directory,
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
