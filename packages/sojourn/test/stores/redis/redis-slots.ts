// How do tests move a slot of a cluster from one master to another?
import { command, type RedisServer } from '../../support/redis.ts'

/** Moves a slot as `redis-cli --cluster reshard` does: so many keys at a time, then says whose it is. */
export async function moveSlot(slot: number, from: RedisServer, to: RedisServer, keysAtOnce: number): Promise<void> {
  await beginMove(slot, from, to)
  await finishMove(slot, from, to, keysAtOnce)
}

/** Tells both masters that keys are about to move. */
export async function beginMove(slot: number, from: RedisServer, to: RedisServer): Promise<void> {
  await command(to.port, 'CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', await idOf(from))
  await command(from.port, 'CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', await idOf(to))
}

/** Moves what has not moved yet. */
export async function finishMove(slot: number, from: RedisServer, to: RedisServer, keysAtOnce: number): Promise<void> {
  for (;;) {
    const keys = (await command(from.port, 'CLUSTER', 'GETKEYSINSLOT', String(slot), String(keysAtOnce))) as string[]
    if (keys.length === 0) break
    await command(from.port, 'MIGRATE', '127.0.0.1', String(to.port), '', '0', '60000', 'KEYS', ...keys)
  }
  const target = await idOf(to)
  await command(to.port, 'CLUSTER', 'SETSLOT', String(slot), 'NODE', target)
  await command(from.port, 'CLUSTER', 'SETSLOT', String(slot), 'NODE', target)
}

async function idOf({ port }: RedisServer): Promise<string> {
  return String(await command(port, 'CLUSTER', 'MYID'))
}
