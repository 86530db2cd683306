// Does an answer from memory ask no server, and a strict one just once?
import { Redis } from 'ioredis'
import type { SessionStore } from 'sojourn'
import { postgresStore } from 'sojourn/postgres'
import { redisStore } from 'sojourn/redis'
import { expect, it } from 'vitest'
import { attributes, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { describePostgres, startPostgres } from '../../support/postgres.ts'
import { libraries } from '../../support/postgres-clients.ts'
import { describeWith, REDIS, startServer } from '../../support/redis.ts'
import { cacheOf } from './settling.ts'

/** How many statements or commands go out for a hundred loads of a session that is held. */
async function sentForHundred(store: SessionStore, sent: () => number): Promise<number> {
  await cacheOf(store).settled()
  const session = newSession(principal(), { attributes: attributes({ a: '1', b: '2' }) })
  await store.create(session)
  await cacheOf(store).settled()
  await alive(store, session.id, NOW)
  const before = sent()
  for (let count = 0; count < 50; count += 1) {
    await alive(store, session.id, NOW)
    await alive(store, session.id, NOW, ['a'])
  }
  return sent() - before
}

describeWith(REDIS, 'a cache before Redis', (kind) => {
  it('sends nothing for what it holds, and strictly one pipeline of two reads', async () => {
    const server = await startServer(kind)
    const client = new Redis(server.port)
    let sent = 0
    const send = client.callBuffer.bind(client)
    client.callBuffer = ((...args: Parameters<typeof send>) => {
      sent += 1
      return send(...args)
    }) as typeof send
    const stores = [false, true].map((strict) => redisStore({ client, cache: { strict } }))
    expect(await sentForHundred(stores[0]!, () => sent)).toBe(0)
    expect(await sentForHundred(stores[1]!, () => sent)).toBe(200)
    for (const store of stores) await store.close()
    client.disconnect()
    await server.stop()
  })
})

describePostgres('a cache before PostgreSQL', (program) => {
  it('sends nothing for what it holds, and strictly one statement', async () => {
    const server = await startPostgres(program)
    const { client, sent, end } = libraries[1]!.open(server.url) // `pg`: a connection is lent out for each statement
    const stores = [false, true].map((strict) => postgresStore({ client, cache: { strict } }).sessions)
    expect(await sentForHundred(stores[0]!, sent)).toBe(0)
    expect(await sentForHundred(stores[1]!, sent)).toBe(100)
    for (const store of stores) await store.close()
    await end()
    await server.stop()
  })
})
