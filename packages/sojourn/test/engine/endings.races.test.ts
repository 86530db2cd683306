// Does a session that was ended stay ended, whatever is in flight?
import { describe, expect, it } from 'vitest'
import { isSojournError } from '../../src/index.ts'
import { count } from '../support/scale.ts'
import { openEngine } from './open-engine.ts'

const ROUNDS = count({ full: 100_000, quick: 2000 })

/** Lets everything else go on for a while. */
const turns = async (number: number) => {
  for (let turn = 0; turn < number; turn += 1) await Promise.resolve()
}

const refused = (error: unknown) => {
  if (!isSojournError(error, 'ERR_SESSION_ENDED')) throw error
}

describe('writes in flight', () => {
  it.each(['end', 'revoke one', 'revoke guests', 'revoke all', 'expire', 'theft'] as const)(
    'never bring a session back: %s',
    async (ending) => {
      const engine = openEngine({ policy: { expiry: 100, renewalTimeout: 50, renewalGrace: 0 } })
      const { sessions, time } = engine
      for (let round = 0; round < ROUNDS / 6; round += 1) {
        const principal = ending === 'revoke guests' ? null : 'anna'
        const { session, token } = await sessions.start({ principal, sliding: round % 2 === 0 })
        let stolen: string | null = null
        if (ending === 'theft') {
          time.advance(50)
          stolen = (await sessions.resume(token))?.token ?? null
          await sessions.resume(stolen ?? '')
        }
        const live = stolen ?? token
        const end = async () => {
          await turns(round % 13)
          if (ending === 'end') await sessions.end(session.id)
          else if (ending === 'revoke one') await sessions.revoke({ principal: 'anna' })
          else if (ending === 'revoke guests') await sessions.revoke('guests')
          else if (ending === 'revoke all') await sessions.revoke('all')
          else if (ending === 'theft') await sessions.resume(token)
          else time.advance(1_000_000)
        }
        const { attr } = session
        const writes = [
          attr.set('a', round),
          attr.set('pin', round, { encrypt: true }),
          attr.increment('n'),
          attr.setMany([{ name: 'b', value: 1 }]),
          sessions.renew(live),
          sessions.resume(live),
        ].map((write) => write.catch(refused))
        await Promise.all([...writes, end()])
        if (await sessions.resume(live)) throw new Error(`Alive after ${ending} in round ${round}.`)
        await expect(attr.set('late', 1)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
        if (round % 100 === 0) for (let more = true; more; ) more = (await sessions.sweep({ limit: 1000 })).more
        engine.events.length = 0
        engine.calls.length = 0
      }
      expect((await sessions.list()).items).toEqual([])
    },
    600_000,
  )
})
