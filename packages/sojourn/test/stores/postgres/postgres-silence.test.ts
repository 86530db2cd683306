// Does the store go on when connections to PostgreSQL go silent without being ended, while new ones would be well?
import pg from 'pg'
import { postgresStore } from 'sojourn/postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { type FaultProxy, faultProxy } from '../../support/fault-proxy.ts'
import { describePostgres, type PostgresServer, startPostgres } from '../../support/postgres.ts'

describePostgres('connections to PostgreSQL that went silent', (program) => {
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

  it('goes on without a restart through a pool of `pg` with `query_timeout`', async () => {
    const client = new pg.Pool({
      connectionString: `postgres://postgres@127.0.0.1:${proxy.port}/postgres`,
      max: 4,
      query_timeout: 2000,
    })
    client.on('error', () => undefined)
    const store = postgresStore({ client, callTimeout: 1 }).sessions
    const session = newSession(principal())
    await store.create(session)
    await Promise.all(Array.from({ length: 8 }, () => store.load(session.id, 'all', NOW)))
    proxy.silence()
    await expect(store.load(session.id, 'all', NOW)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    const load = () => store.load(session.id, 'all', NOW).catch(() => undefined)
    await expect.poll(load, { timeout: 15_000 }).toMatchObject({ id: session.id })
    proxy.reset()
    await client.end()
  })
})
