// Does a store that was opened by its URL go on when its connections go silent, without a restart?
import { createSojourn } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { expect, test } from 'vitest'
import { faultProxy } from '../../sojourn/test/support/fault-proxy.ts'
import { describePostgres, programs, startPostgres } from '../../sojourn/test/support/postgres.ts'
import { describeWith, REDIS, startServer } from '../../sojourn/test/support/redis.ts'
import { openUrl } from '../src/openers.ts'

/** Opens the URL of a port, silences all connections under load, and asks until it is answered. */
async function goesOn(upstream: number, urlOf: (port: number) => string): Promise<void> {
  const proxy = await faultProxy(upstream)
  const opened = await openUrl(urlOf(proxy.port))
  const directory = opened.directory ?? memoryStore().directory
  const sso = await createSojourn({ store: { sessions: opened.sessions, directory }, storeTimeout: 1 })
  try {
    const { token } = await sso.sessions.start({ principal: null, attributes: { a: 1 } })
    const read = async () => (await (await sso.sessions.resume(token))?.session.attr.get('a'))?.value
    expect(await Promise.all(Array.from({ length: 20 }, read))).toEqual(Array.from({ length: 20 }, () => 1))
    proxy.silence()
    await expect(read()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    await expect.poll(() => read().catch(() => 'away'), { timeout: 15_000 }).toBe(1)
    expect(await Promise.all(Array.from({ length: 20 }, read))).toEqual(Array.from({ length: 20 }, () => 1))
  } finally {
    await sso.close()
    await opened.disconnect()
    await proxy.close()
  }
}

describeWith(REDIS, 'Redis', (kind) => {
  test('connections that went silent are made anew', async () => {
    const server = await startServer(kind)
    await goesOn(server.port, (port) => `redis://127.0.0.1:${port}`)
    await server.stop()
  })
})

describePostgres('PostgreSQL', (program) => {
  test.skipIf(program !== programs[0])('connections that went silent are left behind', async () => {
    const server = await startPostgres(program)
    await goesOn(server.port, (port) => `postgres://postgres@127.0.0.1:${port}/postgres`)
    await server.stop()
  })
})
