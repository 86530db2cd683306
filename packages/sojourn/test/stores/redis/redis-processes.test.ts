// Is what one process ends in Redis over for another at its next request?
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { SessionStore } from 'sojourn'
import { redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { HOUR, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { describeWith, REDIS, startServer } from '../../support/redis.ts'
import { connectSingle } from '../../support/redis-clients.ts'
import { throughout } from '../../support/throughout.ts'

describeWith(REDIS, 'two processes on one Redis', (kind) => {
  const server = throughout(() => startServer(kind), 'stop')
  const open = throughout(() => connectSingle('node-redis', server().port), 'close')
  let store: SessionStore
  let child: ChildProcess
  let answers: AsyncIterator<string>

  beforeAll(() => {
    store = redisStore({ client: open().client, prefix: 'processes' })
    const program = fileURLToPath(new URL('redis-reader.ts', import.meta.url))
    child = spawn(process.execPath, [program, String(server().port)], { stdio: ['pipe', 'pipe', 'inherit'] })
    if (child.stdout === null) throw new Error('no standard output')
    answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  })
  afterAll(() => child.stdin?.end())

  async function elsewhere(id: string): Promise<string> {
    child.stdin?.write(`${id}\n`)
    return (await answers.next()).value
  }

  it('share every ending at once', async () => {
    const owner = principal()
    const endings: ((id: string) => Promise<unknown>)[] = [
      (id) => store.delete(id, NOW),
      (id) => store.delete(id, NOW, NOW + HOUR),
      () => store.revoke({ principal: owner }, NOW),
      () => store.revoke('all', NOW),
    ]
    const seen: string[] = []
    for (const end of endings) {
      const session = newSession(owner)
      await store.create(session)
      expect(await elsewhere(session.id)).toBe('live')
      await end(session.id)
      seen.push(await elsewhere(session.id))
    }
    expect(seen).toEqual(['dead', 'ended', 'dead', 'dead'])
  })
})
