// How is connect-redis set up, and what does it keep of a session?
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import { TEN } from './subject.ts'

type PeerSession = Parameters<RedisStore['set']>[1]

/** connect-redis and how to let go of it. */
export interface ConnectRedis {
  readonly store: RedisStore
  /** The memory that the server uses. Unit: bytes. */
  memory(): Promise<number>
  close(): Promise<void>
}

/** The n-th session as express-session hands it over: five of them belong to one user. */
export function peerSession(n: number): PeerSession {
  const cookie = {
    originalMaxAge: 3_600_000,
    expires: new Date(Date.now() + 3_600_000).toISOString(),
    secure: true,
    httpOnly: true,
    path: '/',
    sameSite: 'lax',
  }
  const session: unknown = { cookie, userId: `zusr${Math.floor(n / 5)}`, createdAt: Date.now(), ...TEN }
  return session as PeerSession // data alone, as it is after it was read back; its methods are not used
}

/** The memory that a server uses, from what it answers to `INFO memory`. Unit: bytes. */
export function usedMemory(info: string): number {
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1])
}

/** Connects. */
export async function openConnectRedis(url: string): Promise<ConnectRedis> {
  const client = createClient({ url })
  client.on('error', () => undefined) // shows as a failure of the calls
  await client.connect()
  const store = new RedisStore({ client, ttl: 3600 })
  return {
    store,
    memory: async () => usedMemory(await client.info('memory')),
    async close() {
      client.destroy()
    },
  }
}
