// What does it cost with connect-redis to list and to revoke one user's sessions, and does it grow with the sessions of all others?
//
// It keeps no list by user: whoever wants one asks for all ids and reads every session.
import { type Cost, typical } from '../measure.ts'
import type { Part } from './calls.ts'
import { type ConnectRedis, openConnectRedis, peerSession } from './connect-redis.ts'
import { inTurn } from './in-turn.ts'
import { redis } from './redis.ts'
import { startRedis } from './redis-server.ts'

/** Beyond so many sessions, once is enough. */
const LARGE = 100_000

async function idsOf({ store }: ConnectRedis, userId: string): Promise<readonly string[]> {
  const ids: readonly string[] = await store.ids()
  const sessions = await inTurn(ids.length, async (n) => await store.get(ids[n] ?? ''))
  const isTheirs = (session: unknown) =>
    typeof session === 'object' && session !== null && Reflect.get(session, 'userId') === userId
  return ids.filter((_, n) => isTheirs(sessions[n]))
}

async function costsAt(peer: ConnectRedis, size: number): Promise<Readonly<Record<string, number>>> {
  await inTurn(size, (n) => peer.store.set(`session-${n}`, peerSession(n)))
  const calls = size > LARGE ? 1 : 3
  const user = (i: number) => `zusr${Math.floor((i * 7919) % (size / 5))}`
  return {
    'list the sessions of a user': await typical(calls, async (i) => {
      if ((await idsOf(peer, user(i))).length !== 5) throw new Error('connect-redis lists something else')
    }),
    'revoke a user': await typical(calls, async (i) => {
      for (const id of await idsOf(peer, user(i + 17))) await peer.store.destroy(id)
    }),
  }
}

/** Measures it at several sizes, each on a server of its own. */
export async function peerGrowth(sizes: readonly number[]): Promise<Part> {
  const seen = new Map<string, number[]>()
  for (const size of sizes) {
    process.stderr.write(`connect-redis: ${size.toLocaleString('en')} sessions\n`)
    const server = await startRedis()
    if (server === undefined) throw new Error(`Redis went away: ${redis.missing}`)
    const peer = await openConnectRedis(server.url)
    try {
      for (const [call, microseconds] of Object.entries(await costsAt(peer, size)))
        seen.set(call, [...(seen.get(call) ?? []), microseconds])
    } finally {
      await peer.close()
      await server.stop()
    }
  }
  return {
    tables: [...seen].map(([call, times]) => ({
      title: `connect-redis: ${call}`,
      costs: times.map(
        (microseconds, at): Cost => ({
          name: `${sizes[at]?.toLocaleString('en')} sessions`,
          microseconds,
          ratio: microseconds / (times[0] ?? Number.NaN),
        }),
      ),
    })),
    verdicts: [],
  }
}
