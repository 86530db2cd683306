// Does a cache before a Redis Cluster stay coherent when masters are killed, change places with a replica, or a new one comes?
import type { SessionStore } from 'sojourn'
import { type CacheStatus, redisStore } from 'sojourn/redis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { command, describeWith, REDIS, startCluster, until } from '../../support/redis.ts'
import { connectCluster, type OpenClient } from '../../support/redis-clients.ts'
import { count } from '../../support/scale.ts'
import { throughout } from '../../support/throughout.ts'
import { cacheOf } from './settling.ts'

const PATIENCE = { timeout: 40_000, interval: 20 }
const KILLS = count({ full: 10, quick: 1 })

describeWith(REDIS, 'a cache before a Redis Cluster', (kind) => {
  const cluster = throughout(() => startCluster(kind), 'stop')

  describe.each(['ioredis', 'node-redis'] as const)('through %s', (library) => {
    let clients: [OpenClient, OpenClient]
    let told: CacheStatus[]
    let near: SessionStore
    let far: SessionStore
    beforeEach(async () => {
      const ports = cluster().servers.map(({ port }) => port)
      clients = [await connectCluster(library, ports), await connectCluster(library, ports)]
      told = []
      near = redisStore({ client: clients[0].client, cache: { maxAge: 1, onStatus: (status) => told.push(status) } })
      far = redisStore({ client: clients[1].client })
      await cacheOf(near).settled()
    })
    afterEach(async () => {
      await near.close()
      for (const { close } of clients) close()
    })

    /** Sessions of shards everywhere, half of which one process ends; what the other, which held all of them, still has of them. */
    async function endHalf(): Promise<{ readonly held: number; readonly left: readonly boolean[] }> {
      const sessions = Array.from({ length: 60 }, () => newSession(principal()))
      for (const session of sessions) await far.create(session)
      await cacheOf(near).settled()
      for (const { id } of sessions) await near.load(id, 'all', NOW)
      const held = cacheOf(near).size()
      for (const { id } of sessions.filter((_, index) => index % 2 === 0)) await far.delete(id, NOW)
      await cacheOf(near).settled()
      const left: boolean[] = []
      for (const { id } of sessions) left.push((await near.load(id, 'header', NOW)) !== undefined)
      return { held, left }
    }
    const half = Array.from({ length: 60 }, (_, index) => index % 2 === 1)

    /** Waits until the connections are others, and lead to all owners. */
    async function reconnected(change: () => Promise<unknown>): Promise<void> {
      const before = told.length
      await change()
      await vi.waitUntil(() => told.slice(before).some(({ connected }) => !connected), PATIENCE)
      expect(told[before]?.connected).toBe(false)
      await vi.waitUntil(() => told.at(-1)?.connected === true, PATIENCE)
    }

    it(`holds nothing that has ended, though masters are killed ${KILLS} times`, async () => {
      expect(await endHalf()).toEqual({ held: 60, left: half })
      for (let kill = 0; kill < KILLS; kill += 1) {
        const slot = (kill * 5461 + 100) % 16_384
        const victim = await cluster().masterOf(slot)
        await reconnected(async () => {
          victim.signal('SIGKILL')
          await until('another master', async () => (await cluster().masterOf(slot)) !== victim)
        })
        await victim.restart()
        await cluster().whole()
        await until('a store that answers', async () => (await far.load(newSession(null).id, 'header', NOW)) === undefined)
        expect(await endHalf()).toMatchObject({ left: half })
      }
    })

    it('notices that a replica has taken the place of its master', async () => {
      const master = await cluster().masterOf(100)
      const own = String(await command(master.port, 'CLUSTER', 'MYID'))
      let port = 0
      // The one that was killed before may still be on its way.
      await until('a replica', async () => {
        const replicas = (await command(master.port, 'CLUSTER', 'REPLICAS', own)) as string[]
        port = Number(/:(\d+)@/.exec(replicas[0] ?? '')?.[1] ?? 0)
        return port > 0
      })
      await reconnected(async () => {
        await command(port, 'CLUSTER', 'FAILOVER')
        await until('another master', async () => (await cluster().masterOf(100)).port === port)
      })
      await cluster().whole()
      expect(await endHalf()).toMatchObject({ left: half })
    })
  })
})
