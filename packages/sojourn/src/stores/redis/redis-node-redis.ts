// How are commands sent through a client of the package `redis` (node-redis)?
import type { Arg, Command, OwnLink, RedisLink } from './redis-link.ts'
import { settled } from './redis-replies.ts'

/** How replies are to be handed over. */
interface Options {
  readonly typeMapping: Readonly<Record<number, unknown>>
}

/** The methods of a single client that the store uses. */
export interface NodeRedisClient {
  sendCommand(args: Arg[], options?: Options): Promise<unknown>
  duplicate(): NodeRedisClient
  connect(): Promise<unknown>
  destroy(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** The methods of a client of a cluster that the store uses. */
export interface NodeRedisCluster {
  readonly masters: readonly object[]
  sendCommand(firstKey: Arg | undefined, isReadonly: boolean | undefined, args: Arg[], options?: Options): Promise<unknown>
  getNodeClientForKey(key: Arg, isReadonly?: boolean): Promise<Pick<NodeRedisClient, 'sendCommand'>>
  nodeClient(node: never): unknown
  duplicate(): NodeRedisCluster
  connect(): Promise<unknown>
  destroy(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** The methods of a client of Sentinel that the store uses. */
export interface NodeRedisSentinel {
  sendCommand(isReadonly: boolean | undefined, args: Arg[], options?: Options): Promise<unknown>
  getSentinelNode(): unknown
  duplicate(): NodeRedisSentinel
  connect(): Promise<unknown>
  destroy(): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Text and verbatim text as bytes, maps as arrays; the numbers are the type bytes of the protocol (RESP3). */
const OPTIONS: Options = { typeMapping: { 36: Buffer, 61: Buffer, 37: Array } }

const READS_MASTER = false

type AnyClient = NodeRedisClient | NodeRedisCluster | NodeRedisSentinel

export function nodeRedisLink(client: AnyClient): RedisLink {
  const duplicate = async (): Promise<OwnLink> => {
    const own = client.duplicate()
    own.on('error', () => undefined) // shows as a failure of the calls that needed it
    await own.connect()
    return { ...nodeRedisLink(own), close: () => void own.destroy() }
  }
  if ('getNodeClientForKey' in client) return { ...clusterLink(client), duplicate }
  const send: (command: Command) => Promise<unknown> =
    'getSentinelNode' in client
      ? (command) => client.sendCommand(READS_MASTER, [...command], OPTIONS)
      : (command) => client.sendCommand([...command], OPTIONS)
  return {
    call: (_, command) => send(command),
    pipeline: (_, commands) => settled(commands.map(send)),
    masters: async () => [send],
    duplicate,
  }
}

function clusterLink(client: NodeRedisCluster): Omit<RedisLink, 'duplicate'> {
  return {
    call: (key, command) => client.sendCommand(key, READS_MASTER, [...command], OPTIONS),

    async pipeline(key, commands) {
      const node = await client.getNodeClientForKey(key, READS_MASTER)
      return settled(commands.map((command) => node.sendCommand([...command], OPTIONS)))
    },

    async masters() {
      const nodes = await Promise.all(client.masters.map((node) => client.nodeClient(node as never))) // its own nodes, handed back
      return nodes.filter(isClient).map((node) => (command: Command) => node.sendCommand([...command], OPTIONS))
    },
  }
}

function isClient(node: unknown): node is Pick<NodeRedisClient, 'sendCommand'> {
  return typeof node === 'object' && node !== null && 'sendCommand' in node
}
