// Is what one process ends over in another that answers from memory, as soon as the news are there?
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SessionStore } from 'sojourn'
import { postgresStore } from 'sojourn/postgres'
import { redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { HOUR, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { describePostgres, startPostgres } from '../../support/postgres.ts'
import { libraries } from '../../support/postgres-clients.ts'
import { describeWith, REDIS, startServer } from '../../support/redis.ts'
import { connectSingle } from '../../support/redis-clients.ts'

/** A store in this process, without a cache, and what another one with a cache is told to open. */
interface Setting {
  readonly store: SessionStore
  readonly other: readonly [kind: string, server: string]
  stop(): Promise<void>
}

const program = fileURLToPath(new URL('other-process.ts', import.meta.url))

/** The next thing that a process says. */
function word(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the other process ended with ${code}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message)
    })
  })
}

function share(start: () => Promise<Setting>): void {
  let setting: Setting
  let child: ChildProcess
  beforeAll(async () => {
    setting = await start()
    child = fork(program, setting.other)
    expect(await word(child)).toBe('ready')
  })
  afterAll(async () => {
    if (child !== undefined) {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.disconnect()
      await gone
    }
    await setting?.stop()
  })

  async function elsewhere(id: string, isSettled = true): Promise<unknown> {
    const answer = word(child)
    child.send({ id, now: NOW, isSettled })
    return await answer
  }

  const owner = principal()
  const endings: Record<string, (store: SessionStore, id: string) => Promise<unknown>> = {
    'log out': (store, id) => store.delete(id, NOW),
    'leave a tombstone': (store, id) => store.delete(id, NOW, NOW + HOUR),
    'log out everywhere': (store) => store.revoke({ principal: owner }, NOW),
    'end all sessions': (store) => store.revoke('all', NOW),
    'let it expire': (store, id) => store.update(id, { header: { expiresAt: NOW } }, NOW),
  }
  it.each(Object.entries(endings))('%s', async (_, end) => {
    const session = newSession(owner)
    await setting.store.create(session)
    expect(await elsewhere(session.id)).toBe('live')
    expect(await elsewhere(session.id, false)).toBe('memory')
    await end(setting.store, session.id)
    expect(await elsewhere(session.id)).toBe('dead')
  })

  it('end the sessions of guests', async () => {
    const session = newSession(null)
    await setting.store.create(session)
    expect([await elsewhere(session.id), await elsewhere(session.id)]).toEqual(['live', 'memory'])
    await setting.store.revoke('guests', NOW)
    expect(await elsewhere(session.id)).toBe('dead')
  })
}

describeWith(REDIS, 'two processes on one Redis, one with a cache', (kind) => {
  share(async () => {
    const server = await startServer(kind)
    const open = await connectSingle('node-redis', server.port)
    return {
      store: redisStore({ client: open.client, prefix: 'processes' }),
      other: ['redis', String(server.port)],
      async stop() {
        open.close()
        await server.stop()
      },
    }
  })
})

describePostgres('two processes on one PostgreSQL, one with a cache', (program) => {
  share(async () => {
    const server = await startPostgres(program)
    const open = libraries[1]!.open(server.url)
    return {
      store: postgresStore({ client: open.client, prefix: 'processes' }).sessions,
      other: ['postgres', server.url],
      async stop() {
        await open.end()
        await server.stop()
      },
    }
  })
})
