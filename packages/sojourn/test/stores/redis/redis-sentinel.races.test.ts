// Does a master that is killed under Sentinel lead to a wrong answer, or bring an ended session back?
import { redisStore } from 'sojourn/redis'
import { describe, it } from 'vitest'
import { createDeadline, withDeadline } from '../../../src/engine/deadline.ts'
import { describeWith, REDIS, startSentinels, until } from '../../support/redis.ts'
import { connectSentinel } from '../../support/redis-clients.ts'
import { throughout } from '../../support/throughout.ts'
import { startLoad } from './redis-load.ts'

describeWith(REDIS, 'Sentinel under load', (kind) => {
  describe.each(['ioredis', 'node-redis'] as const)('with %s', (library) => {
    const group = throughout(() => startSentinels(kind), 'stop')
    const open = throughout(() => connectSentinel(library, group()), 'close')

    it('undoes no ending when the master is killed', async () => {
      const store = withDeadline(redisStore({ client: open().client }), createDeadline(2))
      const load = startLoad([store], 'ordinary')
      await until('load', async () => load.count().answered > 500)
      const victim = await group().master()
      const before = load.count().answered
      victim.signal('SIGKILL')
      await until('another master', async () => (await group().master()) !== victim)
      await until('load again', async () => load.count().answered > before + 500)
      await load.finish(store)
      const { answered, failed } = load.count()
      console.log(`Sentinel, ${library}: ${answered} calls answered, ${failed} failed`)
    })
  })
})
