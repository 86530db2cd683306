// How is a connection of its own opened to each master, by which the server tells what changes?
//
// Both libraries are used alike: an ordinary connection over RESP2 that is put into subscriber mode, where the news of `CLIENT TRACKING`
// arrive as messages. (Over RESP3, ioredis drops them.) It never connects again by itself: a new connection is one that missed something.
import { invalidOption } from '../../engine/error.ts'
import type { RedisClient } from './redis-client.ts'
import type { IoRedisClient } from './redis-ioredis.ts'
import type { RedisLink } from './redis-link.ts'

/** Where the news of tracking arrive. */
const CHANNEL = '__redis__:invalidate'

/** A connection to one server. */
export interface Tracker {
  /** Sends a command; not after `subscribe`. */
  call(...command: string[]): Promise<unknown>
  /** Waits for news: names of keys, or `null` when all have changed. */
  subscribe(hear: (keys: unknown) => void): Promise<unknown>
  ping(): Promise<unknown>
  close(): void
}

/** Connections to all masters, and what the names of keys begin with that their client changes. */
export interface Trackers {
  readonly keyPrefix: string
  /** Connects to every master; `broken` is called when one of the connections ends. */
  connect(link: RedisLink, broken: (cause: unknown) => void): Promise<readonly Tracker[]>
}

/** What is used of an ioredis client of one server. */
interface IoRedisNode {
  duplicate(override: object): IoRedisNode
  connect(): Promise<unknown>
  callBuffer(...command: string[]): Promise<unknown>
  subscribe(channel: string): Promise<unknown>
  ping(): Promise<unknown>
  on(event: string, listener: (...facts: unknown[]) => void): unknown
  disconnect(): void
}

const ONCE_IOREDIS = {
  protocol: 2,
  replyMapping: undefined,
  keyPrefix: '',
  lazyConnect: true,
  retryStrategy: () => null,
  sentinelRetryStrategy: () => null,
  reconnectOnError: null,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  maxRetriesPerRequest: 0,
}

async function openIoRedis(node: IoRedisNode, broken: (cause: unknown) => void): Promise<Tracker> {
  const own = node.duplicate(ONCE_IOREDIS)
  own.on('error', broken)
  own.on('end', () => broken(new Error('The connection that tells of changes has ended.')))
  await own.connect()
  return {
    call: (...command) => own.callBuffer(...command),
    subscribe(hear) {
      own.on('messageBuffer', (_, keys) => hear(keys))
      return own.subscribe(CHANNEL)
    },
    ping: () => own.ping(),
    close: () => own.disconnect(),
  }
}

/** What is used of a node-redis client of one server. */
interface NodeRedisNode {
  readonly options: { readonly socket?: object }
  duplicate(override: object): NodeRedisNode
  connect(): Promise<unknown>
  sendCommand(command: string[]): Promise<unknown>
  subscribe(channel: string, listener: (keys: unknown) => void, bufferMode: true): Promise<unknown>
  ping(): Promise<unknown>
  on(event: string, listener: (fact: unknown) => void): unknown
  destroy(): void
}

const ONCE_NODE_REDIS = {
  RESP: 2,
  clientSideCache: undefined,
  emitInvalidate: false,
  maintNotifications: 'disabled',
  disableOfflineQueue: true,
}

async function openNodeRedis(node: NodeRedisNode, broken: (cause: unknown) => void): Promise<Tracker> {
  const own = node.duplicate({ ...ONCE_NODE_REDIS, socket: { ...node.options.socket, reconnectStrategy: false } })
  own.on('error', broken)
  own.on('end', () => broken(new Error('The connection that tells of changes has ended.')))
  await own.connect()
  let isOpen = true
  return {
    call: (...command) => own.sendCommand(command),
    subscribe: (hear) => own.subscribe(CHANNEL, hear, true),
    ping: () => own.ping(),
    close() {
      if (isOpen) own.destroy()
      isOpen = false
    },
  }
}

const has = <Name extends string>(value: object, ...names: readonly Name[]): value is Record<Name, unknown> =>
  names.every((name) => name in value)

function isIoRedisNode(value: unknown): value is IoRedisNode {
  return typeof value === 'object' && value !== null && has(value, 'duplicate', 'callBuffer', 'subscribe', 'ping', 'connect')
}

function isIoRedisCluster(client: IoRedisClient): client is IoRedisClient & { nodes(role: 'master'): readonly unknown[] } {
  return client.isCluster && 'nodes' in client
}

function isNodeRedisNode(value: unknown): value is NodeRedisNode {
  return typeof value === 'object' && value !== null && has(value, 'duplicate', 'sendCommand', 'subscribe', 'ping', 'options')
}

/** Opens connections to nodes, all or none. */
async function openAll<Node>(
  nodes: readonly Node[],
  open: (node: Node, broken: (cause: unknown) => void) => Promise<Tracker>,
  broken: (cause: unknown) => void,
): Promise<readonly Tracker[]> {
  const results = await Promise.allSettled(nodes.map((node) => open(node, broken)))
  const opened = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed === undefined) return opened
  for (const { close } of opened) close()
  throw failed.reason
}

/** @throws {SojournError} `ERR_OPTION_INVALID` for a client that leads to no server in particular. */
export function trackersOf(client: RedisClient): Trackers {
  if ('callBuffer' in client) {
    const { keyPrefix } = client.options as { readonly keyPrefix?: unknown } // unknown until looked at
    return {
      keyPrefix: typeof keyPrefix === 'string' ? keyPrefix : '',
      async connect(link, broken) {
        await link.masters() // connects, so that the nodes are known
        const nodes: readonly unknown[] = isIoRedisCluster(client) ? client.nodes('master') : [client]
        return await openAll(nodes.filter(isIoRedisNode), openIoRedis, broken)
      },
    }
  }
  if ('getSentinelNode' in client) {
    throw invalidOption('cache', 'does not work with `createSentinel` of node-redis', {
      fix: 'Give the store an ioredis client with `sentinels`, or leave `cache` out.',
    })
  }
  return {
    keyPrefix: '',
    async connect(_, broken) {
      const nodes: readonly unknown[] =
        'getNodeClientForKey' in client
          ? await Promise.all(client.masters.map((node) => client.nodeClient(node as never))) // its own nodes, handed back
          : [client]
      return await openAll(nodes.filter(isNodeRedisNode), openNodeRedis, broken)
    },
  }
}
