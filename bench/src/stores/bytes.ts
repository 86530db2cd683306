// How much room does a session take on a server? Target 7.
import { randomBytes } from 'node:crypto'
import { createSojourn } from 'sojourn'
import type { Verdict } from '../report.ts'
import { openConnectRedis, peerSession } from './connect-redis.ts'
import { inTurn } from './in-turn.ts'
import { redis } from './redis.ts'
import { startRedis } from './redis-server.ts'
import { sqlite } from './sqlite.ts'
import { TEN, type Weighed } from './subject.ts'

/** Bytes a session of ten attributes, five sessions a user, everything included that the store keeps of them. */
export async function bytesOf(kind: Weighed, count: number, encrypt: boolean): Promise<number> {
  const subject = await kind.open()
  if (subject === undefined) throw new Error(`${kind.name} went away: ${kind.missing}`)
  const keys = [randomBytes(32).toString('base64url')]
  const sso = await createSojourn({ store: subject.store, keys, sweepInterval: 0, storeTimeout: 60 })
  try {
    await sso.sessions.start({ principal: null }) // opens the store
    const before = await subject.room()
    const items = Object.entries(TEN).map(([name, value]) => ({ name, value, encrypt }))
    await inTurn(count, async (n) => {
      const principal = `zusr${Math.floor(n / 5)}`
      if (!encrypt) return await sso.sessions.start({ principal, attributes: TEN })
      const { session } = await sso.sessions.start({ principal })
      return await session.attr.setMany(items)
    })
    return ((await subject.room()) - before) / count
  } finally {
    await sso.close()
    await subject.close()
  }
}

/** The same of connect-redis. */
async function peerBytes(count: number): Promise<number> {
  const server = await startRedis()
  if (server === undefined) throw new Error(`Redis went away: ${redis.missing}`)
  const peer = await openConnectRedis(server.url)
  try {
    const before = await peer.memory()
    await inTurn(count, (n) => peer.store.set(randomBytes(24).toString('base64url'), peerSession(n)))
    return ((await peer.memory()) - before) / count
  } finally {
    await peer.close()
    await server.stop()
  }
}

/** What Redis needs, against what connect-redis needs. */
export async function redisBytes(count: number): Promise<readonly Verdict[]> {
  const peer = await peerBytes(count)
  const verdict = async (what: string, encrypt: boolean, most: number): Promise<Verdict> => {
    const bytes = await bytesOf(redis, count, encrypt)
    return {
      target: `Redis: a session ${what} takes at most ${most} times the bytes of connect-redis' JSON`,
      measured: `${bytes.toFixed(0)} to ${peer.toFixed(0)} bytes, ${(bytes / peer).toFixed(2)} times, ${count.toLocaleString('en')} sessions`,
      met: bytes / peer <= most,
    }
  }
  return [await verdict('of ten attributes', false, 1.15), await verdict('of ten sealed attributes', true, 1.7)]
}

/** What SQLite needs, against the text of the same session. */
export async function sqliteBytes(count: number): Promise<Verdict> {
  const [plain, sealed] = [await bytesOf(sqlite, count, false), await bytesOf(sqlite, count, true)]
  const text = JSON.stringify(peerSession(0)).length
  return {
    target: "SQLite: a session of ten attributes takes at most 1.3 times the bytes of connect-redis' JSON, indexes included",
    measured: `${plain.toFixed(0)} to ${text} bytes, ${(plain / text).toFixed(2)} times; sealed ${sealed.toFixed(0)} bytes`,
    met: plain / text <= 1.3,
  }
}
