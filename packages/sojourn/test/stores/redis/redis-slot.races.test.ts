// What do callers see while a slot full of sessions moves to another master, and is anything lost or half done afterwards?
import type { Principal, SessionStore } from 'sojourn'
import { redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDeadline, withDeadline } from '../../../src/engine/deadline.ts'
import { attributes, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { command, describeWith, REDIS, type RedisCluster, startCluster, until } from '../../support/redis.ts'
import { connectCluster, type OpenClient } from '../../support/redis-clients.ts'
import { count } from '../../support/scale.ts'
import { startLoad } from './redis-load.ts'
import { moveSlot } from './redis-slots.ts'

const SESSIONS = count({ full: 20_000, quick: 4000 })

describeWith(REDIS, `a slot of ${SESSIONS} sessions that moves`, (kind) => {
  let cluster: RedisCluster
  let clients: OpenClient[]
  beforeAll(async () => {
    cluster = await startCluster(kind)
    const ports = cluster.servers.map(({ port }) => port)
    clients = [await connectCluster('ioredis', ports), await connectCluster('node-redis', ports)]
  })
  afterAll(async () => {
    for (const { close } of clients) close()
    await cluster.stop()
  })

  const owner = (): Principal => {
    const { id, tag } = principal()
    return { id, tag: `7f${tag.slice(2)}` }
  }

  it('is read all the time; writes wait, or fail undone, and go on afterwards', { timeout: 120_000 }, async () => {
    const patient = clients.map(({ client }) => redisStore({ client, prefix: 'full' }))
    const stores = patient.map((store): SessionStore => withDeadline(store, createDeadline(2)))
    const [first, second] = stores
    if (first === undefined || second === undefined) throw new Error('no stores')
    const sessions = Array.from({ length: SESSIONS }, () => newSession(owner(), { attributes: attributes({ a: '1' }) }))
    for (let from = 0; from < SESSIONS; from += 200) {
      await Promise.all(sessions.slice(from, from + 200).map((session) => first.create(session)))
    }
    const load = startLoad(stores, 'lossless', owner)
    await until('load', async () => load.count().answered > 300)
    const slot = Number(await command(cluster.servers[0]?.port ?? 0, 'CLUSTER', 'KEYSLOT', 'full:{7f}:c'))
    const to = await cluster.masterOf((slot + 5461) % 16_384)
    let isMoving = true
    const reads = stores.map(async (store) => {
      for (let read = 0; isMoving; read += 1) await alive(store, sessions[read % SESSIONS]?.id ?? '', NOW)
    })
    const before = { ...load.count(), at: performance.now() }
    await moveSlot(slot, await cluster.masterOf(slot), to, 100)
    isMoving = false
    await Promise.all(reads)
    const moved = { ...load.count(), at: performance.now() }
    await until('load on the new master', async () => load.count().answered > moved.answered + 300)
    for (const store of patient) await load.finish(store)
    for (const { id } of sessions) expect((await alive(second, id, NOW)).attributes.get('a')?.value).toBe('1')
    console.log(
      `${SESSIONS} sessions moved in ${Math.round(moved.at - before.at)} ms: ${moved.answered - before.answered} calls answered, ${moved.failed - before.failed} failed`,
    )
  })
})
