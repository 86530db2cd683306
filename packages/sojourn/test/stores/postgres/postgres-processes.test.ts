// Do two application processes share one PostgreSQL store, and what of their writes outlives a crash of the server?
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { postgresStore } from 'sojourn/postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { recordOf, userOf, writeOf } from '../../../src/testing/directory/directory-chapter.ts'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { describePostgres, type PostgresServer, startPostgres } from '../../support/postgres.ts'
import { libraries, type OpenClient } from '../../support/postgres-clients.ts'

const other = fileURLToPath(new URL('other-process.ts', import.meta.url))

/** The next thing that a process says. */
function word(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`the other process ended with ${code}`)))
  })
}

describePostgres('processes', (program) => {
  let server: PostgresServer
  let opened: OpenClient
  beforeAll(async () => {
    // The server itself writes late and does not wait for its disk: what has to be durable, the store must ask for.
    server = await startPostgres(program, ['synchronous_commit=off', 'wal_writer_delay=10s', 'bgwriter_delay=10s'])
    opened = libraries[0]!.open(server.url)
  })
  afterAll(async () => {
    await opened?.end()
    await server?.stop()
  })

  it('two of them count exactly, and a revocation by one is in force for the other', async () => {
    const { sessions } = postgresStore(opened.client)
    const owner = principal()
    const session = newSession(owner)
    await sessions.create(session)
    const child = fork(other, [server.url, session.id, JSON.stringify(owner), '200'])
    expect(await word(child)).toBe('ready')
    const added = word(child)
    child.send('add')
    const add = () => sessions.update(session.id, { attributes: [{ name: 'n', when: 'always', add: 1 }] }, NOW)
    await Promise.all(Array.from({ length: 200 }, add))
    expect(await added).toBe('added')
    expect((await alive(sessions, session.id, NOW)).attributes.get('n')?.value).toBe('400')
    const revoked = word(child)
    child.send('revoke')
    expect(await revoked).toBe('revoked')
    expect(await sessions.load(session.id, 'header', NOW)).toBeUndefined()
    expect(await add()).toEqual({ outcome: 'missing' })
  })

  const lazy = () => postgresStore({ client: opened.client, synchronousCommit: 'off' })
  const owner = principal()
  const session = newSession(owner)
  const durable: readonly [name: string, write: () => Promise<unknown>, holds: () => Promise<boolean>][] = [
    [
      'a revocation',
      () => lazy().sessions.revoke({ principal: owner }, NOW),
      async () => (await lazy().sessions.load(session.id, 'header', NOW)) === undefined,
    ],
    ['a bump', () => lazy().sessions.bump(owner), async () => (await lazy().sessions.counters(owner)).version === 1],
    [
      'a deletion',
      () => lazy().sessions.delete(session.id, NOW),
      async () => (await lazy().sessions.load(session.id, 'header', NOW)) === undefined,
    ],
    [
      'a tombstone',
      () => lazy().sessions.delete(session.id, NOW, NOW + 1000),
      async () => (await lazy().sessions.load(session.id, 'header', NOW)) === 'ended',
    ],
    [
      'a new secret',
      () => lazy().sessions.update(session.id, { header: { secretHash: 'new' } }, NOW),
      async () => (await alive(lazy().sessions, session.id, NOW)).secretHash === 'new',
    ],
    [
      'a user',
      () => lazy().directory.createUser(userOf('alice'), writeOf()),
      async () => (await lazy().directory.findUser({ usernameKey: 'alice' })) !== undefined,
    ],
    [
      'a removed user',
      () => lazy().directory.deleteUser('zusr-alice', writeOf()),
      async () => (await lazy().directory.findUser({ usernameKey: 'alice' })) === undefined,
    ],
    [
      'an audit record',
      () => lazy().directory.appendAudit([recordOf('kept')]),
      async () => (await lazy().directory.listAudit({ limit: 1 })).items[0]?.cid === 'kept',
    ],
    [
      'a one-time token',
      () =>
        lazy().directory.createToken(
          { kind: 'k', hash: 'h', userId: null, createdAt: NOW, expiresAt: NOW + 1, data: null },
          writeOf(),
          'keep',
        ),
      async () => (await lazy().directory.listTokens({ limit: 1 }, NOW)).items.length === 1,
    ],
    [
      'a taken token',
      () => lazy().directory.takeToken('k', 'h', NOW),
      async () => (await lazy().directory.listTokens({ limit: 1 }, NOW)).items.length === 0,
    ],
    [
      'an installation key',
      () => lazy().directory.installationKey(new Uint8Array(32).fill(7)),
      async () => (await lazy().directory.installationKey(new Uint8Array(32)))[0] === 7,
    ],
  ]

  it('what must be durable outlives a crash of the server, whatever is set', async () => {
    for (const [name, write, holds] of durable) {
      await lazy().sessions.create(session)
      await lazy().sessions.bump(principal())
      await write()
      await server.crash()
      await server.restart()
      await opened.end()
      opened = libraries[0]!.open(server.url)
      expect(await holds(), `${name} was lost`).toBe(true)
      await lazy().sessions.delete(session.id, NOW + 2000)
      await lazy().sessions.sweep(NOW + 2000, 10)
    }
  })
})
