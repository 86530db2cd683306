// How do peers serve the two answers with their sessions in Redis, each in the way its documentation shows?
import { RedisStore } from 'connect-redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { startRedis } from '../stores/redis-server.ts'
import type { Serve } from './contestant.ts'
import { betterAuthServer, expressSessionServer, fastifySessionServer } from './peers.ts'

async function started() {
  const server = await startRedis()
  if (server === undefined) throw new Error('redis-server went away')
  return server
}

/** A Redis of its own, and a client of ioredis. */
export async function openRedis() {
  const server = await started()
  const client = new Redis(server.url)
  const close = async () => {
    client.disconnect()
    await server.stop()
  }
  return { client, close }
}

/** The same with the client that connect-redis asks for. */
async function openPeer() {
  const server = await started()
  const client = createClient({ url: server.url })
  await client.connect()
  const close = async () => {
    client.destroy()
    await server.stop()
  }
  return { client, close }
}

type PeerClient = Awaited<ReturnType<typeof openPeer>>['client']

/** A peer that is given a client, which is let go of after it. */
const withClient =
  (serve: (client: PeerClient) => Serve): Serve =>
  async (folder) => {
    const { client, close } = await openPeer()
    const serving = await serve(client)(folder)
    return {
      ...serving,
      async close() {
        await serving.close()
        await close()
      },
    }
  }

const connectRedis = (serve: (store: RedisStore) => Serve) => withClient((client) => serve(new RedisStore({ client, ttl: 3600 })))

/** What better-auth asks of a storage, in Redis. */
const storageOf = (client: PeerClient) => ({
  get: (key: string) => client.get(key),
  getAndDelete: (key: string) => client.getDel(key),
  async increment(key: string, ttl: number) {
    const count = await client.incr(key)
    if (count === 1) await client.expire(key, ttl)
    return count
  },
  set: (key: string, value: string, ttl?: number) =>
    client.set(key, value, ttl === undefined ? {} : { expiration: { type: 'EX', value: ttl } }),
  delete: (key: string) => client.del(key).then(() => undefined),
})

/** The peers, by name, with the framework that each is on. */
export const REDIS_PEERS = {
  'express-session, connect-redis': { framework: 'express', serve: connectRedis((store) => expressSessionServer({ store })) },
  '@fastify/session, connect-redis': { framework: 'fastify', serve: connectRedis((store) => fastifySessionServer({ store })) },
  'better-auth, Redis': {
    framework: 'http',
    serve: withClient((client) => betterAuthServer({ secondaryStorage: storageOf(client) })),
  },
} as const
