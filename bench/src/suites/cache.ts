// What does a request cost whose session is answered from memory, next to one that asks Redis? Target 1, its last part.
import { Redis } from 'ioredis'
import { createSojourn, type Sojourn } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { type CacheOptions, redisStore } from 'sojourn/redis'
import { type Cost, compare } from '../measure.ts'
import type { SuiteResult } from '../report.ts'
import { startRedis } from '../stores/redis-server.ts'

const TARGET = 5
const AT_ONCE = 50
const SESSIONS = 1000

const TEN = Object.fromEntries(
  Array.from({ length: 10 }, (_, i) => [`attribute-${i}`, `value ${i} of a session that is not small`]),
)

/** Opens an application on a Redis, and waits until its cache, where it has one, is in use. */
async function open(client: Redis, cache?: CacheOptions): Promise<Sojourn> {
  const { promise: connected, resolve } = Promise.withResolvers<void>()
  const onStatus = ({ connected }: { readonly connected: boolean }) => {
    if (connected) resolve()
  }
  const sessions = redisStore({ client, ...(cache === undefined ? {} : { cache: { maxAge: 60, ...cache, onStatus } }) })
  const { directory } = memoryStore()
  const sso = await createSojourn({ store: { sessions, directory }, sweepInterval: 0 })
  const { token } = await sso.sessions.start({ principal: 'zusr0' })
  await sso.sessions.resume(token)
  if (cache !== undefined) await connected
  return sso
}

/** Resumes one session after the other, of many, and reads an attribute of each. */
async function resuming(sso: Sojourn): Promise<() => Promise<unknown>> {
  const started = Array.from({ length: SESSIONS }, (_, i) => sso.sessions.start({ principal: `zusr${i}`, attributes: TEN }))
  const tokens = (await Promise.all(started)).map(({ token }) => token)
  let next = 0
  const resume = async () => {
    next = (next + 1) % SESSIONS
    const resumed = await sso.sessions.resume(tokens[next] ?? '', { preload: ['attribute-3'] })
    return (await resumed?.session.attr.get('attribute-3'))?.value
  }
  for (let i = 0; i < SESSIONS; i += 1) await resume() // from here on they are in memory, where there is a cache
  return resume
}

export async function run(): Promise<SuiteResult> {
  const server = await startRedis()
  if (server === undefined) return { suite: 'cache', tables: [], verdicts: [], notes: ['redis-server is not installed.'] }
  const client = new Redis(server.url)
  const opened = {
    'from memory': await open(client, {}),
    'from memory, strict': await open(client, { strict: true }),
    'from Redis': await open(client),
  }
  try {
    const alone: { readonly name: string; readonly run: () => Promise<unknown> }[] = []
    for (const [name, sso] of Object.entries(opened)) alone.push({ name, run: await resuming(sso) })
    const together = alone.map(({ name, run }) => ({ name, run: () => Promise.all(Array.from({ length: AT_ONCE }, run)) }))
    const one = await compare(alone)
    const many = (await compare(together)).map((cost): Cost => ({ ...cost, microseconds: cost.microseconds / AT_ONCE }))
    const worst = Math.max(one[0]?.microseconds ?? Number.NaN, many[0]?.microseconds ?? Number.NaN)
    return {
      suite: 'cache',
      tables: [
        { title: 'Resume one of 1,000 sessions and read one of its ten attributes, one after the other', costs: one },
        { title: `The same, ${AT_ONCE} at once: each of them`, costs: many },
      ],
      verdicts: [{ target: `from memory: at most ${TARGET} us`, measured: `${worst.toFixed(2)} us`, met: worst <= TARGET }],
    }
  } finally {
    for (const sso of Object.values(opened)) await sso.close()
    client.disconnect()
    await server.stop()
  }
}
