// Does the store go on when connections to PostgreSQL go silent without being ended, while new ones would be well?
import pg from 'pg'
import { postgresStore } from 'sojourn/postgres'
import { expect, it } from 'vitest'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { faultProxy } from '../../support/fault-proxy.ts'
import { describePostgres, startPostgres, urlOf } from '../../support/postgres.ts'
import { throughout } from '../../support/throughout.ts'

describePostgres('connections to PostgreSQL that went silent', (program) => {
  const server = throughout(() => startPostgres(program), 'stop')
  const proxy = throughout(() => faultProxy(server().port), 'close')

  it('goes on without a restart through a pool of `pg` with `query_timeout`', async () => {
    const client = new pg.Pool({
      connectionString: urlOf(proxy().port),
      max: 4,
      query_timeout: 2000,
    })
    client.on('error', () => undefined)
    const patient = postgresStore(client).sessions
    const store = postgresStore({ client, callTimeout: 1 }).sessions
    const session = newSession(principal())
    await patient.create(session)
    await Promise.all(Array.from({ length: 8 }, () => patient.load(session.id, 'all', NOW)))
    await store.load(session.id, 'all', NOW)
    proxy().silence()
    await expect(store.load(session.id, 'all', NOW)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    const load = () => store.load(session.id, 'all', NOW).catch(() => undefined)
    await expect.poll(load, { timeout: 15_000 }).toMatchObject({ id: session.id })
    proxy().reset()
    await client.end()
  })
})
