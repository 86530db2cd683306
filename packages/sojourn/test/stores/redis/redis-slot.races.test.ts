// What do callers see while a slot full of sessions moves to another master, and is anything lost or half done afterwards?
import type { Principal, SessionStore } from 'sojourn'
import { redisStore } from 'sojourn/redis'
import { expect, it } from 'vitest'
import { createDeadline, withDeadline } from '../../../src/engine/deadline.ts'
import { attributes, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { alive } from '../../../src/testing/sessions/chapter.ts'
import { command, describeWith, REDIS, type RedisServer, startCluster, until } from '../../support/redis.ts'
import { connectBoth } from '../../support/redis-clients.ts'
import { count } from '../../support/scale.ts'
import { throughout } from '../../support/throughout.ts'
import { startLoad } from './redis-load.ts'
import { beginMove, finishMove, moveSlot } from './redis-slots.ts'

const SESSIONS = count({ full: 20_000, quick: 4000 })

describeWith(REDIS, `a slot of ${SESSIONS} sessions that moves`, (kind) => {
  const cluster = throughout(() => startCluster(kind), 'stop')
  const clients = throughout(() => connectBoth(cluster()), 'close')

  const owner = (): Principal => {
    const { id, tag } = principal()
    return { id, tag: `7f${tag.slice(2)}` }
  }

  /** Who has a slot, and another master. */
  async function ends(slot: number): Promise<[from: RedisServer, to: RedisServer]> {
    const from = await cluster().masterOf(slot)
    const next = await cluster().masterOf((slot + 5461) % 16_384)
    return [from, next === from ? await cluster().masterOf((slot + 10_922) % 16_384) : next]
  }

  it('half moved, shows neither the revoked as alive nor the living as gone', async () => {
    const stores = clients().both.map(({ client }) => redisStore({ client, prefix: 'half' }))
    const slot = Number(await command(cluster().servers[0]?.port ?? 0, 'CLUSTER', 'KEYSLOT', 'half:{7f}:c'))
    const [from, to] = await ends(slot)
    const [one, two] = [owner(), owner()]
    const [revoked, early, late] = [newSession(one), newSession(two), newSession(two)]
    await stores[0]?.create(revoked)
    for (const who of [one, two]) await stores[0]?.revoke({ principal: who }, NOW)
    for (const session of [early, late]) await stores[0]?.create(session)
    const check = async (stage: string) => {
      for (const store of stores) {
        expect(await store.load(revoked.id, 'all', NOW), stage).toBeUndefined()
        for (const { id } of [early, late]) expect(await store.load(id, 'all', NOW), stage).toMatchObject({ id })
      }
    }
    await beginMove(slot, from, to)
    for (const key of [`s:${revoked.id}`, `s:${early.id}`, 'c', `s:${late.id}`]) {
      await check(`before ${key}`)
      await command(from.port, 'MIGRATE', '127.0.0.1', String(to.port), '', '0', '60000', 'KEYS', `half:{7f}:${key}`)
    }
    await check('all moved')
    await finishMove(slot, from, to, 100)
    await check('afterwards')
  })

  it('is read all the time; writes wait, or fail undone, and go on afterwards', async () => {
    const patient = clients().both.map(({ client }) => redisStore({ client, prefix: 'full' }))
    const stores = patient.map((store): SessionStore => withDeadline(store, createDeadline(2)))
    const [first, second] = stores
    if (first === undefined || second === undefined) throw new Error('no stores')
    const sessions = Array.from({ length: SESSIONS }, () => newSession(owner(), { attributes: attributes({ a: '1' }) }))
    for (let at = 0; at < SESSIONS; at += 200) {
      await Promise.all(sessions.slice(at, at + 200).map((session) => first.create(session)))
    }
    const load = startLoad(stores, 'lossless', owner)
    await until('load', async () => load.count().answered > 300)
    const slot = Number(await command(cluster().servers[0]?.port ?? 0, 'CLUSTER', 'KEYSLOT', 'full:{7f}:c'))
    const [from, to] = await ends(slot)
    let isMoving = true
    const reads = stores.map(async (store) => {
      for (let read = 0; isMoving; read += 1) await alive(store, sessions[read % SESSIONS]?.id ?? '', NOW)
    })
    const before = { ...load.count(), at: performance.now() }
    await moveSlot(slot, from, to, 100)
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
