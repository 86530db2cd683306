// Does the PostgreSQL store with a cache keep every promise of both contracts, through either library?
import type { CacheOptions } from 'sojourn/postgres'
import { postgresStore } from 'sojourn/postgres'
import { directoryConformance, sessionStoreConformance } from 'sojourn/testing'
import { beforeAll, describe, it } from 'vitest'
import { DIRECTORY_CASES, holdTo, SESSION_CASES } from '../../support/conformance.ts'
import { faultProxy, outageOf } from '../../support/fault-proxy.ts'
import { describePostgres, ends, type PostgresProgram, startPostgres, urlOf } from '../../support/postgres.ts'
import { emptier, libraries, type OpenClient } from '../../support/postgres-clients.ts'
import { count } from '../../support/scale.ts'
import { throughout } from '../../support/throughout.ts'
import { compareRuns } from '../session-store-runs.ts'
import { connected, settling } from './settling.ts'

/** Each store that is opened listens on a connection of the pool of `pg`, beside those for calls. */
const CONNECTIONS = 8

/** What the cache asks of a server is the same for all of them: in a quick run the suite is tried on the first, through one library. */
const isFull = count({ full: 1, quick: 0 }) === 1

const define = (program: PostgresProgram) => {
  const server = throughout(() => startPostgres(program), 'stop')
  const proxy = throughout(() => faultProxy(server().port), 'close')

  describe.each(libraries.filter(({ name }) => isFull || name === 'pg'))('with $name', (library) => {
    const prefix = `cached_${library.name}`
    const near = throughout(() => library.open(urlOf(proxy().port), CONNECTIONS), 'end')
    const far = throughout(() => library.open(server().url, CONNECTIONS), 'end')
    const tables = throughout(() => emptier(server().url, prefix), 'end')
    beforeAll(async () => {
      await open(near(), {}).directory.listLinks('')
    })
    const open = ({ client }: OpenClient, cache: CacheOptions) => postgresStore({ client, prefix, cache, callTimeout: 4 })

    const ways = [
      { name: 'as the news come', strict: false, wait: settling },
      { name: 'strictly', strict: true, wait: connected },
    ]
    for (const { name, strict, wait } of ways) {
      const cases = sessionStoreConformance({
        async open() {
          await tables().empty()
          const { sent } = near()
          const { store, unasked, through } = await wait(open(near(), { strict }).sessions, sent)
          return {
            store,
            another: async () => (await wait(open(far(), { strict }).sessions)).store,
            countRoundTrips: () => sent() - unasked(),
            outage: through(outageOf(proxy())),
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
          await tables().empty()
          const { sessions, directory } = open(near(), {})
          await connected(sessions)
          return {
            directory,
            another: async () => postgresStore({ client: far().client, prefix }).directory,
            async close() {
              await directory.close()
              await sessions.close()
            },
          }
        },
      })
      holdTo(cases, DIRECTORY_CASES)
    })

    it('answers random calls as the model does', async () => {
      const run = async () => {
        await tables().empty()
        const { store } = await connected(open(near(), {}).sessions)
        return { store, close: () => store.close() }
      }
      await compareRuns(run, count({ full: 500, quick: 10 }))
    })
  })
}

describePostgres('cached sessions in PostgreSQL', define, isFull ? ends : ends.slice(0, 1))
