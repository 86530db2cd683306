// How many statements does a call on the PostgreSQL store cost, as the server counts them?
import { postgresStore } from 'sojourn/postgres'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SessionStore } from '../../../src/engine/store.ts'
import { attributes, HOUR, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { describePostgres, startPostgres } from '../../support/postgres.ts'
import { librariesFor, openAdmin } from '../../support/postgres-clients.ts'
import { throughout } from '../../support/throughout.ts'

describePostgres('the cost of sessions in PostgreSQL', (program) => {
  const server = throughout(() => startPostgres(program, ['shared_preload_libraries=pg_stat_statements']), 'stop')
  const admin = throughout(() => openAdmin(server().url), 'end')
  beforeAll(async () => {
    await admin().run('CREATE EXTENSION pg_stat_statements')
  })

  /** What the server was asked during a call, transactions and settings included, each with how often. */
  async function statements(call: () => Promise<unknown>): Promise<readonly (readonly unknown[])[]> {
    await admin().run('SELECT pg_stat_statements_reset()')
    await call()
    return await admin().run("SELECT calls::integer, query FROM pg_stat_statements WHERE query NOT LIKE '%pg_stat_statements%'")
  }

  describe.each(librariesFor(program))('through $name', (library) => {
    const opened = throughout(() => library.open(server().url), 'end')
    let store: SessionStore
    beforeAll(async () => {
      store = postgresStore(opened().client).sessions
      await store.counters(principal())
    })

    it('is one statement for every call on a session, however much it carries', async () => {
      const owner = principal()
      const session = newSession(owner, { attributes: attributes({ a: '1', b: '2' }) })
      const limits = { attributes: 2000, bytes: 1e6 }
      const hundred = Array.from({ length: 100 }, (_, index) => ({ name: `n${index}`, when: 'always', value: '"v"' }) as const)
      const calls: Readonly<Record<string, () => Promise<unknown>>> = {
        create: () => store.create(session),
        'load of all': () => store.load(session.id, 'all', NOW),
        'load of some': () => store.load(session.id, ['a'], NOW),
        'load of nothing': () => store.load(newSession(owner).id, 'all', NOW),
        change: () => store.update(session.id, { attributes: [{ name: 'a', when: 'present', value: '3' }] }, NOW),
        'refused change': () => store.update(session.id, { attributes: [{ name: 'a', when: 'absent', value: '3' }] }, NOW),
        'change of a hundred': () => store.update(session.id, { attributes: hundred, limits }, NOW),
        touch: () => store.update(session.id, { header: { expiresAt: NOW + 2 * HOUR, touchInterval: 1 } }, NOW),
        'page of a list': () => store.list({ principal: owner, limit: 10 }, NOW),
        bump: () => store.bump(owner),
        revoke: () => store.revoke({ principal: owner, except: session.id }, NOW),
        'revoke of all': () => store.revoke('all', NOW),
        delete: () => store.delete(session.id, NOW, NOW + HOUR),
      }
      for (const [name, call] of Object.entries(calls))
        expect(await statements(call), name).toEqual([[1, expect.stringMatching(/sojourn_/)]])
    })
  })
})
