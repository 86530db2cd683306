// How are commands sent through an ioredis client?
import { setImmediate } from 'node:timers' // not the global one: in an application's tests that may be a clock that stands still
import { invalidOption } from '../../engine/error.ts'
import type { Arg, Command, OwnLink, RedisLink, Sender } from './redis-link.ts'
import { settled } from './redis-replies.ts'

interface IoRedisPipeline {
  callBuffer(name: string, ...args: Arg[]): unknown
  exec(): Promise<[error: Error | null, reply: unknown][] | null>
}

/** What a client writes to: any writable stream of Node. */
interface Corkable {
  cork(): void
  uncork(): void
}

/** What the store uses of an ioredis client, of single servers, Sentinel and Cluster alike. */
export interface IoRedisClient {
  readonly isCluster: boolean
  readonly options: object
  /** Its connection. A client of a cluster has none itself, and any other none before it connects. */
  readonly stream?: Corkable | undefined
  callBuffer(name: string, ...args: Arg[]): Promise<unknown>
  pipeline(): IoRedisPipeline
  duplicate(): IoRedisClient
  disconnect(): void
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** A client of a cluster can name its nodes. */
interface IoRedisCluster extends IoRedisClient {
  nodes(role: 'master'): IoRedisClient[]
}

function isCluster(client: IoRedisClient): client is IoRedisCluster {
  return client.isCluster && 'nodes' in client
}

/** The options of a client that matter here: those of Redis and of Cluster that may be set. */
interface KnownOptions {
  readonly scaleReads?: unknown
  readonly role?: unknown
  readonly enableAutoPipelining?: unknown
}

const optionsOf = (client: IoRedisClient): KnownOptions => client.options as KnownOptions // unknown until compared

/** @throws {SojournError} `ERR_OPTION_INVALID` when the client reads from replicas. */
export function ioRedisLink(client: IoRedisClient): RedisLink {
  const { scaleReads = 'master', role = 'master' } = optionsOf(client)
  if (scaleReads !== 'master' || role !== 'master') {
    throw invalidOption('client', 'reads from replicas, which may not know yet who was logged out', {
      fix: "Give the store a client with `scaleReads: 'master'` and, with Sentinel, `role: 'master'`.",
    })
  }
  return link(client)
}

/** So many commands are cheaper written one by one, in one tick, than as a pipeline. */
const FEW = 4

/**
 * Goes along with the reads of a cluster. While a slot moves, some keys are there and some elsewhere; ioredis then sends a pipeline of reads
 * once more to the other server, all of it, where what has not moved yet looks as if it had never been. It does not where anything
 * but reads was answered.
 */
const NO_SECOND_TIME: Command = ['PING']

/**
 * Holds back what is written until the end of this turn of the event loop, and then writes all of it at once: a system call for each command
 * costs a third of what else is done for it, and many requests are served in one turn.
 */
function gatherer(client: IoRedisClient): () => void {
  let isHolding = false
  return () => {
    if (isHolding) return
    isHolding = true
    const connections = isCluster(client) ? client.nodes('master') : [client]
    const streams = connections.flatMap(({ stream }) => stream ?? [])
    for (const stream of streams) stream.cork()
    setImmediate(() => {
      isHolding = false
      for (const stream of streams) stream.uncork()
    })
  }
}

/** Sends commands as one pipeline; what is refused is an error in its place. */
async function pipelined(client: IoRedisClient, commands: readonly Command[]): Promise<readonly unknown[]> {
  const pipeline = client.pipeline()
  for (const command of commands) pipeline.callBuffer(...command)
  if (client.isCluster && commands.length > 1) pipeline.callBuffer(...NO_SECOND_TIME)
  const replies = (await pipeline.exec()) ?? []
  return replies.slice(0, commands.length).map(([error, reply]) => error ?? reply)
}

/** How one command is sent. With auto-pipelining on, ioredis takes no command by its name outside a pipeline. */
function senderOf(client: IoRedisClient): Sender {
  if (optionsOf(client).enableAutoPipelining !== true) return (command) => client.callBuffer(...command)
  return async (command) => {
    const [reply] = await pipelined(client, [command])
    if (reply instanceof Error) throw reply
    return reply
  }
}

function link(client: IoRedisClient): RedisLink {
  const send = senderOf(client)
  const gather = gatherer(client)
  const isAlone = !client.isCluster && optionsOf(client).enableAutoPipelining !== true
  return {
    call(_, command) {
      gather()
      return send(command)
    },

    pipeline(_, commands) {
      gather()
      return isAlone && commands.length <= FEW ? settled(commands.map(send)) : pipelined(client, commands)
    },

    async masters() {
      if (!isCluster(client)) return [send]
      await send(['EXISTS', 'sojourn']) // connects, so that the nodes are known
      return client.nodes('master').map(senderOf)
    },

    async duplicate(): Promise<OwnLink> {
      const own = client.duplicate()
      own.on('error', () => undefined) // shows as a failure of the calls that needed it
      return { ...link(own), close: () => own.disconnect() }
    },
  }
}
