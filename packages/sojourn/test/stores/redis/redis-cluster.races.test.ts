// Does a cluster that loses a master under load, or moves a slot, lead to a wrong answer or bring an ended session back?
import { Cluster } from 'ioredis'
import type { Principal, SessionStore } from 'sojourn'
import { type RedisStoreOptions, redisStore } from 'sojourn/redis'
import { expect, it } from 'vitest'
import { createDeadline, withDeadline } from '../../../src/engine/deadline.ts'
import { principal } from '../../../src/testing/sessions/builders.ts'
import { faultProxy } from '../../support/fault-proxy.ts'
import { command, describeWith, REDIS, startCluster, until } from '../../support/redis.ts'
import { connectBoth } from '../../support/redis-clients.ts'
import { count } from '../../support/scale.ts'
import { throughout } from '../../support/throughout.ts'
import { startLoad } from './redis-load.ts'
import { moveSlot } from './redis-slots.ts'

const KILLS = count({ full: 20, quick: 1 })

describeWith(REDIS, 'a Redis Cluster under load', (kind) => {
  const cluster = throughout(() => startCluster(kind), 'stop')
  const clients = throughout(() => connectBoth(cluster()), 'close')

  /** One store a client library, each with the deadline that applications have by default. */
  function open(options: Omit<RedisStoreOptions, 'client'>): SessionStore[] {
    return clients().both.map(({ client }) => withDeadline(redisStore({ client, ...options }), createDeadline(2)))
  }

  it.each([
    ['ordinary', undefined],
    ['lossless', 'all-writes'],
  ] as const)(`undoes no ending when a master is killed ${KILLS} times, %s`, async (kind, waitReplicas) => {
    const stores = open({ prefix: kind, ...(waitReplicas === undefined ? {} : { waitReplicas }) })
    for (let kill = 0; kill < KILLS; kill += 1) {
      const load = startLoad(stores, kind)
      await until('load', async () => load.count().answered > 500)
      const victim = await cluster().masterOf((kill * 5461 + 100) % 16_384)
      const before = load.count()
      victim.signal('SIGKILL')
      await until('another master', async () => (await cluster().masterOf((kill * 5461 + 100) % 16_384)) !== victim)
      await until('load again', async () => load.count().answered > before.answered + 1000)
      await victim.restart()
      await cluster().whole()
      for (const store of stores) await load.finish(store)
      const after = load.count()
      console.log(`kill ${kill + 1}, ${kind}: ${after.answered} calls answered, ${after.failed} failed`)
    }
  })

  it('is sent all that one turn has for a master in one write', async () => {
    const client = new Cluster(cluster().servers.map(({ port }) => ({ host: '127.0.0.1', port })))
    const store = redisStore({ client, prefix: 'together' })
    await Promise.all(Array.from({ length: 50 }, (_, n) => store.counters(principal(`user-${n}`)))) // every master is connected
    const corked = () => client.nodes('master').map(({ stream }) => stream.writableCorked)
    const reads = Array.from({ length: 50 }, (_, n) => store.counters(principal(`user-${n}`)))
    expect(corked()).toEqual([1, 1, 1])
    await Promise.all(reads)
    expect(corked()).toEqual([0, 0, 0])
    client.disconnect()
  })

  it('never says that a change was not made whose answer was lost, however often it was sent again in vain', async () => {
    const owner = principal()
    const slot = Number(await command(cluster().servers[0]?.port ?? 0, 'CLUSTER', 'KEYSLOT', `lost:{${owner.tag.slice(0, 2)}}:c`))
    const { port } = await cluster().masterOf(slot)
    const proxy = await faultProxy(port)
    const client = new Cluster(
      cluster().servers.map((each) => ({ host: '127.0.0.1', port: each.port })),
      {
        natMap: { [`127.0.0.1:${port}`]: { host: '127.0.0.1', port: proxy.port } },
        maxRedirections: 3,
        retryDelayOnFailover: 20,
        redisOptions: { maxRetriesPerRequest: 0 },
      },
    )
    client.on('error', () => undefined)
    const store = redisStore({ client, prefix: 'lost', waitReplicas: 0 })
    const before = await store.counters(owner)
    proxy.fault({ drops: 'half-open' })
    const change = store.bump(owner).catch((error: unknown) => error)
    const other = clients().both[0].client
    const counters = () => redisStore({ client: other, prefix: 'lost' }).counters(owner)
    await expect.poll(counters).toEqual({ ...before, version: before.version + 1 })
    proxy.refuse()
    proxy.reset()
    expect(await change).toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      applied: 'unknown',
      cause: { message: expect.stringContaining('redirections') },
    })
    client.disconnect()
    await proxy.close()
  })

  it('goes on while a slot moves to another master', async () => {
    const stores = open({ prefix: 'moving' })
    const slot = Number(await command(cluster().servers[0]?.port ?? 0, 'CLUSTER', 'KEYSLOT', 'moving:{7f}:c'))
    const owner = (): Principal => {
      const { id, tag } = principal()
      return { id, tag: `7f${tag.slice(2)}` }
    }
    const load = startLoad(stores, 'lossless', owner)
    await until('load', async () => load.count().answered > 300)
    for (let moves = 0; moves < 2; moves += 1) {
      const from = await cluster().masterOf(slot)
      await moveSlot(slot, from, await cluster().masterOf((slot + 5461 * (moves + 1)) % 16_384), 10)
      const before = load.count().answered
      await until('load on the new master', async () => load.count().answered > before + 300)
    }
    for (const store of stores) await load.finish(store)
    const { answered, failed } = load.count()
    console.log(`slot moved: ${answered} calls answered, ${failed} failed`)
    expect(answered).toBeGreaterThan(900)
  })
})
