// How do tests start a Redis master that has one replica?
import { command, type RedisKind, type RedisServer, startServer, until } from './redis.ts'

export interface RedisPair {
  readonly master: RedisServer
  readonly replica: RedisServer
  /** Waits until the replica has all that the master has now. */
  follows(): Promise<void>
  stop(): Promise<void>
}

export async function startPair(kind: RedisKind): Promise<RedisPair> {
  const master = await startServer(kind)
  const replica = await startServer(kind, '--replicaof', '127.0.0.1', String(master.port))
  const replication = async () => String(await command(master.port, 'INFO', 'replication'))
  async function follows(): Promise<void> {
    const offset = Number(/^master_repl_offset:(\d+)/m.exec(await replication())?.[1])
    await until('a replica', async () => {
      const has = /state=online,offset=(\d+)/.exec(await replication())?.[1]
      return has !== undefined && Number(has) >= offset
    })
  }
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
