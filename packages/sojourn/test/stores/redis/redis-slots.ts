// How do tests move a slot of a cluster from one master to another?
import { command, type RedisServer } from '../../support/redis.ts'

/** Moves a slot as `redis-cli --cluster reshard` does: so many keys at a time, then says whose it is. */
export async function moveSlot(slot: number, from: RedisServer, to: RedisServer, keysAtOnce: number): Promise<void> {
  const [source, target] = [
    String(await command(from.port, 'CLUSTER', 'MYID')),
    String(await command(to.port, 'CLUSTER', 'MYID')),
  ]
  await command(to.port, 'CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', source)
  await command(from.port, 'CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', target)
  for (;;) {
    const keys = (await command(from.port, 'CLUSTER', 'GETKEYSINSLOT', String(slot), String(keysAtOnce))) as string[]
    if (keys.length === 0) break
    await command(from.port, 'MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys)
  }
  await command(to.port, 'CLUSTER', 'SETSLOT', String(slot), 'NODE', target)
  await command(from.port, 'CLUSTER', 'SETSLOT', String(slot), 'NODE', target)
}
