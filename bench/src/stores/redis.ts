// How are sessions in Redis measured: next to bare commands, and to connect-redis?
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { memoryStore } from 'sojourn/memory'
import { redisStore } from 'sojourn/redis'
import { openConnectRedis, peerSession, usedMemory } from './connect-redis.ts'
import { startRedis } from './redis-server.ts'
import { type StoreKind, TEN } from './subject.ts'

/** For how long the store remembers what it answered, and a little more. Unit: milliseconds. */
const REMEMBERED = 32_000

/** Counts how often commands are sent; those that are sent in one go are one round trip. */
function countTrips(client: Redis): { readonly trips: number } {
  const counter = { trips: 0 }
  const send = client.sendCommand.bind(client)
  let isSending = false
  client.sendCommand = (...command) => {
    if (!isSending) {
      isSending = true
      counter.trips += 1
      queueMicrotask(() => {
        isSending = false
      })
    }
    return send(...command)
  }
  return counter
}

/** The memory in use, once the number of keys has come to rest. */
async function memoryAtRest(client: Redis): Promise<number> {
  if ((await client.dbsize()) > 0) await delay(REMEMBERED)
  for (let last = -1; ; ) {
    const keys = await client.dbsize()
    if (keys === last) return usedMemory(await client.info('memory'))
    last = keys
    await delay(1000)
  }
}

export const redis: StoreKind = {
  name: 'Redis',
  missing: 'install redis-server (or valkey-server), or name an empty database in REDIS_URL',

  async open() {
    const server = await startRedis()
    if (server === undefined) return undefined
    const client = new Redis(server.url)
    const counter = countTrips(client)
    const peer = await openConnectRedis(server.url)
    const session = peerSession(0)
    await client.hset('bare', TEN)
    await peer.store.set('bench', session)
    return {
      store: { sessions: redisStore(client), directory: memoryStore().directory },
      reads: [
        { name: 'bare ioredis, HGETALL', run: () => client.hgetall('bare') },
        { name: 'connect-redis, get', run: () => peer.store.get('bench') },
        {
          name: 'connect-redis, get and touch, as a request does',
          async run() {
            await peer.store.get('bench')
            await peer.store.touch('bench', session)
          },
        },
      ],
      writes: [
        { name: 'bare ioredis, HSET of one field', run: () => client.hset('bare', 'attribute-3', 'another value') },
        { name: 'connect-redis, set', run: () => peer.store.set('bench', session) },
      ],
      async trips(call) {
        const before = counter.trips
        await call()
        return counter.trips - before
      },
      async cpu() {
        const cpu = await client.info('cpu')
        const seconds = [...cpu.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)].map(([, number]) => Number(number))
        return seconds.reduce((sum, each) => sum + each, 0) * 1e6
      },
      room: () => memoryAtRest(client),
      settle: async () => undefined, // its own server neither saves nor evicts
      async close() {
        await peer.close()
        client.disconnect()
        await server.stop()
      },
    }
  },
}
