// Does a store that was opened by its URL go on when its connections go silent, without a restart?
import { connect, createServer, type Socket } from 'node:net'
import { createSojourn } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { expect, test } from 'vitest'
import { faultProxy } from '../../sojourn/test/support/fault-proxy.ts'
import { describePostgres, type PostgresProgram, programs, startPostgres } from '../../sojourn/test/support/postgres.ts'
import { describeWith, REDIS, startServer } from '../../sojourn/test/support/redis.ts'
import { openUrl } from '../src/stores/openers.ts'
import { KEY } from './support/api.ts'
import { request, scratch, serve } from './support/spawn.ts'

/** Opens the URL of a port, silences all connections under load, and asks until it is answered. */
async function goesOn(upstream: number, urlOf: (port: number) => string): Promise<void> {
  const proxy = await faultProxy(upstream)
  const opened = await openUrl(urlOf(proxy.port))
  const directory = opened.directory ?? memoryStore().directory
  const store = { sessions: opened.sessions, directory }
  // One that waits, for what has to succeed, and one that does not wait long, for what may not.
  const patient = await createSojourn({ store, keys: [KEY], storeTimeout: 30 })
  const hasty = await createSojourn({ store, keys: [KEY], storeTimeout: 1 })
  try {
    const { token } = await patient.sessions.start({ principal: null, attributes: { a: 1 } })
    const read = async (sso = patient) => (await (await sso.sessions.resume(token))?.session.attr.get('a'))?.value
    const readAll = () => Promise.all(Array.from({ length: 20 }, () => read()))
    expect(await readAll()).toEqual(Array.from({ length: 20 }, () => 1))
    proxy.silence()
    await expect(read(hasty)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    await expect.poll(() => read(hasty).catch(() => 'away'), { timeout: 15_000 }).toBe(1)
    expect(await readAll()).toEqual(Array.from({ length: 20 }, () => 1))
  } finally {
    await hasty.close()
    await patient.close()
    await opened.disconnect()
    await proxy.close()
  }
}

/** A proxy to a server that can be stopped as by SIGSTOP: the kernel takes what arrives, and nobody ends a connection that was ended. */
async function frozenProxy(upstream: number) {
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const behind = connect({ port: upstream, allowHalfOpen: true })
    for (const [from, to] of [
      [client, behind],
      [behind, client],
    ] as const)
      sockets.push(from.on('error', () => {}).on('data', (chunk) => void to.write(chunk)))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    freeze() {
      for (const each of sockets) each.removeAllListeners('data').resume()
    },
    close() {
      server.close()
      for (const each of sockets) each.destroy()
    },
  }
}

describeWith(REDIS, 'Redis', (kind) => {
  test('connections that went silent are made anew', async () => {
    const server = await startServer(kind)
    await goesOn(server.port, (port) => `redis://127.0.0.1:${port}`)
    await server.stop()
  })
})

const postgres = (program: PostgresProgram) => {
  test('connections that went silent are left behind', async () => {
    const server = await startPostgres(program)
    await goesOn(server.port, (port) => `postgres://postgres@127.0.0.1:${port}/postgres`)
    await server.stop()
  })

  test('a server whose database went silent ends when it is told to', { timeout: 60_000 }, async () => {
    using folder = scratch()
    const upstream = await startPostgres(program)
    const proxy = await frozenProxy(upstream.port)
    const db = `postgres://postgres@127.0.0.1:${proxy.port}/postgres`
    await using server = await serve(['--db', db, '--keys-file', 'keys'], { cwd: folder.path })
    expect((await request(server.url, 'GET /readyz')).status).toBe(200)
    proxy.freeze()
    server.child.kill('SIGTERM')
    expect((await server.ended).code).not.toBe(null)
    proxy.close()
    await upstream.stop()
  })
}

// The same with every version.
describePostgres('PostgreSQL', postgres, programs.slice(0, 1))
