// How do tests start a Redis master that has one replica?
import { command, type RedisKind, type RedisServer, startServer, until } from './redis.ts'

export interface RedisPair {
  readonly master: RedisServer
  readonly replica: RedisServer
  /** Waits until the replica follows. */
  follows(): Promise<void>
  stop(): Promise<void>
}

export async function startPair(kind: RedisKind): Promise<RedisPair> {
  const master = await startServer(kind)
  const replica = await startServer(kind, '--replicaof', '127.0.0.1', String(master.port))
  const follows = () =>
    until('a replica', async () => String(await command(master.port, 'INFO', 'replication')).includes('state=online'))
  await follows()
  return {
    master,
    replica,
    follows,
    async stop() {
      await replica.stop()
      await master.stop()
    },
  }
}
