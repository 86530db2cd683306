// How do tests connect to the Redis servers they started, with either client library?
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster, createSentinel } from 'redis'
import type { RedisClient } from 'sojourn/redis'
import {
  DEAD_AFTER,
  type RedisGroup,
  type RedisKind,
  type RedisSentinels,
  startCluster,
  startSentinels,
  startServer,
} from './redis.ts'

/** A client and how to let go of it. */
export interface OpenClient {
  readonly client: RedisClient
  close(): void
}

export type Library = 'ioredis' | 'node-redis'

/** Servers that a store can be opened on. */
export interface Topology {
  connect(library: Library): Promise<OpenClient>
  /** Sends a signal to every server that keeps data: stopped ones answer nothing until they go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  stop(): Promise<void>
}

const HOST = '127.0.0.1'

/** Connects to a single server. */
export async function connectSingle(library: Library, port: number): Promise<OpenClient> {
  if (library === 'ioredis') {
    const client = new Redis({ host: HOST, port, maxRetriesPerRequest: 2, retryStrategy: () => 50 })
    client.on('error', () => undefined)
    return { client, close: () => client.disconnect() }
  }
  const client = createClient({ socket: { host: HOST, port, reconnectStrategy: 50 } })
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: () => client.destroy() }
}

/** Connects to a cluster, with options that ride out a failover. */
export async function connectCluster(library: Library, ports: readonly number[]): Promise<OpenClient> {
  if (library === 'ioredis') {
    const nodes = ports.map((port) => ({ host: HOST, port }))
    const client = new Cluster(nodes, {
      scaleReads: 'master',
      slotsRefreshTimeout: 1000,
      slotsRefreshInterval: 2000,
      maxRedirections: 64,
      retryDelayOnMoved: 50,
      retryDelayOnFailover: 100,
      retryDelayOnClusterDown: 100,
      clusterRetryStrategy: (attempt) => Math.min(100 * attempt, 500),
      redisOptions: { maxRetriesPerRequest: 20, connectTimeout: 1000 },
    })
    client.on('error', () => undefined)
    return { client, close: () => client.disconnect() }
  }
  const client = createCluster({
    rootNodes: ports.map((port) => ({ socket: { host: HOST, port } })),
    defaults: { socket: { reconnectStrategy: 100, connectTimeout: 1000 } },
    topologyRefreshOnReconnectionAttemptStrategy: 250,
  })
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: () => client.destroy() }
}

/** Connects to the master that Sentinels name. */
export async function connectSentinel(library: Library, { name, sentinels }: RedisSentinels): Promise<OpenClient> {
  if (library === 'ioredis') {
    const client = new Redis({ sentinels: [...sentinels], name, retryStrategy: () => 100 })
    client.on('error', () => undefined)
    return { client, close: () => client.disconnect() }
  }
  const client = createSentinel({ name, sentinelRootNodes: [...sentinels], reserveClient: true })
  client.on('error', () => undefined)
  await client.connect()
  return { client, close: () => void client.destroy() }
}

/** Two clients that a suite works with, and how to let go of both. */
export interface TwoClients {
  readonly both: readonly [OpenClient, OpenClient]
  close(): void
}

/** Connects twice. */
export async function connectTwo(first: () => Promise<OpenClient>, second = first): Promise<TwoClients> {
  const both = [await first(), await second()] as const
  return {
    both,
    close() {
      for (const { close } of both) close()
    },
  }
}

/** Connects to a cluster with either library. */
export function connectBoth({ servers }: RedisGroup): Promise<TwoClients> {
  const ports = servers.map(({ port }) => port)
  return connectTwo(
    () => connectCluster('ioredis', ports),
    () => connectCluster('node-redis', ports),
  )
}

function toEach({ servers }: RedisGroup): Topology['signal'] {
  return (signal) => {
    for (const server of servers) server.signal(signal)
  }
}

/** The ways in which servers are set up, by name. Their roles are to stay as they are. */
export const TOPOLOGIES: Readonly<Record<'single server' | 'Cluster' | 'Sentinel', (kind: RedisKind) => Promise<Topology>>> = {
  'single server': async (kind) => {
    const server = await startServer(kind)
    return { connect: (library) => connectSingle(library, server.port), signal: server.signal, stop: () => server.stop() }
  },
  Cluster: async (kind) => {
    const cluster = await startCluster(kind, DEAD_AFTER.late)
    const ports = cluster.servers.map(({ port }) => port)
    return { connect: (library) => connectCluster(library, ports), signal: toEach(cluster), stop: () => cluster.stop() }
  },
  Sentinel: async (kind) => {
    const group = await startSentinels(kind, DEAD_AFTER.late)
    return { connect: (library) => connectSentinel(library, group), signal: toEach(group), stop: () => group.stop() }
  },
}
