// What do callers see when PostgreSQL has no connection to give, may not be written to, or sets transactions against each other?
import { randomBytes } from 'node:crypto'
import { postgresStore } from 'sojourn/postgres'
import { describe, expect, it } from 'vitest'
import { userOf, writeOf } from '../../../src/testing/directory/directory-chapter.ts'
import { attributes, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive, DONE } from '../../../src/testing/sessions/chapter.ts'
import { describePostgres, startPostgres } from '../../support/postgres.ts'
import { librariesFor, type OpenClient, openAdmin } from '../../support/postgres-clients.ts'
import { throughout } from '../../support/throughout.ts'

describePostgres('limits', (program) => {
  const server = throughout(() => startPostgres(program), 'stop')
  const admin = throughout(() => openAdmin(server().url), 'end')

  describe.each(librariesFor(program))('through $name', (library) => {
    async function withClient(url: string, connections: number, use: (opened: OpenClient) => Promise<void>): Promise<void> {
      const opened = library.open(url, connections)
      try {
        await use(opened)
      } finally {
        await opened.end()
      }
    }

    it('answers in time when every connection is taken, does not lose one, and goes on', () =>
      withClient(server().url, 3, async ({ client }) => {
        const patient = postgresStore(client).sessions
        const { sessions } = postgresStore({ client, callTimeout: 1 })
        const session = newSession(principal(), { attributes: attributes({ n: '0' }) })
        await patient.create(session)
        await alive(sessions, session.id, NOW)
        await admin().run(`BEGIN; SELECT 1 FROM sojourn_sessions WHERE id = '${session.id}' FOR UPDATE`)
        const add = () => sessions.update(session.id, { attributes: [{ name: 'n', when: 'always', add: 1 }] }, NOW)
        const stuck = await Promise.allSettled(Array.from({ length: 12 }, add))
        expect(stuck.map((each) => each.status === 'rejected' && each.reason.code)).toEqual(
          stuck.map(() => 'ERR_STORE_UNAVAILABLE'),
        )
        await expect(sessions.load(session.id, 'all', NOW)).rejects.toMatchObject({
          code: 'ERR_STORE_UNAVAILABLE',
          applied: 'no',
        })
        await admin().run('COMMIT')
        expect((await patient.update(session.id, { header: { renewAt: 1 } }, NOW)).outcome).toBe('done')
        const busy = () =>
          admin().run(`SELECT count(*)::integer FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()`)
        await expect.poll(busy).toEqual([[0]])
        expect(Number((await alive(patient, session.id, NOW)).attributes.get('n')?.value)).toBeLessThanOrEqual(12)
      }))

    it('says that nothing was applied when the server takes no more connections', async () => {
      const role = `few_${library.name}`
      await postgresStoreOpened()
      await admin().run(`CREATE ROLE ${role} LOGIN CONNECTION LIMIT 1; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`)
      const holder = openAdmin(server().url.replace('postgres@', `${role}@`))
      await holder.run('SELECT 1')
      await withClient(server().url.replace('postgres@', `${role}@`), 2, async ({ client }) => {
        const { sessions } = postgresStore(client)
        const refused = { code: 'ERR_STORE_UNAVAILABLE', applied: 'no' }
        await expect(sessions.create(newSession(null))).rejects.toMatchObject(refused)
        await holder.end()
        await expect.poll(() => sessions.create(newSession(null)).catch((error: unknown) => error)).toEqual(DONE)
      })
    })

    it('reads from a server that is read-only, and says that nothing was written', async () => {
      await postgresStoreOpened()
      const session = newSession(principal())
      await withClient(server().url, 1, async ({ client }) => {
        await postgresStore(client).sessions.create(session)
      })
      await admin().run('ALTER DATABASE postgres SET default_transaction_read_only = on')
      const inspect = withClient(server().url, 2, async ({ client }) => {
        const { sessions, directory } = postgresStore(client)
        await alive(sessions, session.id, NOW)
        const refused = { code: 'ERR_STORE_UNAVAILABLE', applied: 'no', fix: expect.stringContaining('primary') }
        await expect(sessions.update(session.id, { header: { renewAt: 1 } }, NOW)).rejects.toMatchObject(refused)
        await expect(sessions.delete(session.id, NOW)).rejects.toMatchObject(refused)
        await expect(sessions.revoke('all', NOW)).rejects.toMatchObject(refused)
        await expect(directory.settleEffects(['1'])).rejects.toMatchObject(refused)
      })
      await inspect.finally(() =>
        admin().run('SET default_transaction_read_only = off; ALTER DATABASE postgres RESET default_transaction_read_only'),
      )
      await withClient(server().url, 1, async ({ client }) => {
        expect(await postgresStore(client).sessions.delete(session.id, NOW)).toBe(true)
      })
    })

    it('keeps its connections on a server that refuses every write', async () => {
      await postgresStoreOpened()
      const name = `keeping_${library.name}`
      const mine = () =>
        admin().run(`SELECT array_agg(pid ORDER BY pid)::text FROM pg_stat_activity WHERE application_name = '${name}'`)
      await withClient(`${server().url}?application_name=${name}`, 2, async ({ client }) => {
        const { sessions } = postgresStore(client)
        const session = newSession(principal())
        await sessions.create(session)
        await Promise.all([alive(sessions, session.id, NOW), alive(sessions, session.id, NOW)])
        const before = await mine()
        expect(before).toEqual([[expect.stringMatching(/\d/)]])
        await admin().run('ALTER SYSTEM SET default_transaction_read_only = on')
        await admin().run('SELECT pg_reload_conf()')
        try {
          const write = () => sessions.update(session.id, { header: { renewAt: 1 } }, NOW).catch((error: unknown) => error)
          await expect.poll(write).toMatchObject({ message: 'PostgreSQL is read-only.' })
          await Promise.all(Array.from({ length: 50 }, write))
          expect(await mine()).toEqual(before)
        } finally {
          await admin().run('ALTER SYSTEM RESET default_transaction_read_only')
          await admin().run('SELECT pg_reload_conf()')
        }
      })
    })

    it('says of an id that no index holds that it is too long, and not that it is away', () =>
      withClient(server().url, 1, async ({ client }) => {
        const { sessions, directory } = postgresStore(client)
        const tooLong = { code: 'ERR_VALUE_TOO_LARGE', status: 413, fix: expect.stringContaining('shorter ids') }
        const id = randomBytes(3000).toString('base64url')
        await expect(sessions.create(newSession(principal(id)))).rejects.toMatchObject(tooLong)
        await expect(sessions.revoke({ principal: principal(id) }, NOW)).rejects.toMatchObject(tooLong)
        const user = userOf(library.name)
        await directory.createUser(user, writeOf())
        const link = { userId: user.userId, authType: 'jwt', authId: id, authUsername: 'x', isActive: true, creationTime: NOW }
        await expect(directory.createLink(link, writeOf())).rejects.toMatchObject(tooLong)
        expect((await sessions.create(newSession(principal(id.slice(0, 2500))))).outcome).toBe('done')
      }))

    it.each(['repeatable read', 'serializable'])('counts exactly where transactions are %s by default', async (isolation) => {
      await postgresStoreOpened()
      const role = `strict_${library.name}_${isolation.length}`
      await admin().run(
        `CREATE ROLE ${role} LOGIN SUPERUSER; ALTER ROLE ${role} SET default_transaction_isolation = '${isolation}'`,
      )
      await withClient(server().url.replace('postgres@', `${role}@`), 3, async ({ client }) => {
        const { sessions } = postgresStore(client)
        const session = newSession(principal())
        await sessions.create(session)
        const add = () => sessions.update(session.id, { attributes: [{ name: 'n', when: 'always', add: 1 }] }, NOW)
        await Promise.all(Array.from({ length: 60 }, add))
        expect((await alive(sessions, session.id, NOW)).attributes.get('n')?.value).toBe('60')
      })
    })

    async function postgresStoreOpened(): Promise<void> {
      await withClient(server().url, 1, ({ client }) => postgresStore(client).sessions.bump(principal()))
    }
  })
})
