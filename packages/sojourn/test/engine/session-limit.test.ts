// Does a user keep no more sessions than the policy allows, and lose the oldest?
import { describe, expect, it } from 'vitest'
import { memorySessions } from '../../src/stores/memory/memory-sessions.ts'
import { codeOf, failure, openEngine, watched } from './open-engine.ts'

async function aliveOf({ sessions }: ReturnType<typeof openEngine>, principal: string): Promise<string[]> {
  return (await sessions.list({ principal, limit: 1000 })).items.map(({ id }) => id).toSorted()
}

describe('policy.sessionsPerUser', () => {
  it('ends the oldest of a user who begins one more, tells it once, and leaves others alone', async () => {
    const engine = openEngine({ policy: { sessionsPerUser: 2 } })
    const begin = async (principal: string | null) => {
      engine.time.advance(1)
      return (await engine.sessions.start({ principal })).session.id
    }
    const [first, other, guest] = [await begin('anna'), await begin('bert'), await begin(null)]
    const [second, third] = [await begin('anna'), await begin('anna')]
    expect(await aliveOf(engine, 'anna')).toEqual([second, third].toSorted())
    expect(await aliveOf(engine, 'bert')).toEqual([other])
    expect((await engine.sessions.list({ principal: null })).items.map(({ id }) => id)).toEqual([guest])
    expect(engine.events.filter(({ type }) => type === 'session.ended')).toEqual([
      { type: 'session.ended', at: engine.time.now(), id: first, principal: 'anna', reason: 'displaced' },
    ])
  })

  it('holds for logins at once: the newest stay', async () => {
    const engine = openEngine({ policy: { sessionsPerUser: 3 } })
    await Promise.all(Array.from({ length: 40 }, () => engine.sessions.start({ principal: 'anna' })))
    expect(await aliveOf(engine, 'anna')).toHaveLength(3)
  })

  it('counts those that are alive', async () => {
    const engine = openEngine({ policy: { sessionsPerUser: 1, expiry: 60 } })
    await engine.sessions.start({ principal: 'anna' })
    engine.time.advance(61)
    await engine.sessions.start({ principal: 'anna' })
    expect(engine.events.filter(({ type }) => type === 'session.ended')).toEqual([])
  })

  it('hands no session out that could not be counted', async () => {
    const store = memorySessions()
    const away = watched(store, (call) => {
      if (call === 'list') throw new Error('away')
    })
    const engine = openEngine({ store: away, policy: { sessionsPerUser: 1 } })
    expect(await codeOf(engine.sessions.start({ principal: 'anna' }))).toBe('ERR_STORE_UNAVAILABLE')
    expect((await store.list({ limit: 10 }, engine.time.now())).items).toEqual([])
    expect(engine.events.map(({ type }) => type)).toEqual(['session.started', 'session.ended'])
  })

  it('costs nothing where there is no limit', async () => {
    const engine = openEngine()
    await engine.sessions.start({ principal: 'anna' })
    expect(engine.calls).toEqual(['create'])
  })

  it.each([0, -1, 1.5, 1001, Number.NaN, '3'])('refuses %s as a number of sessions', async (sessionsPerUser) => {
    const error = await failure(() => openEngine({ policy: { sessionsPerUser: sessionsPerUser as number } }))
    expect(error).toMatchObject({ code: 'ERR_POLICY_INVALID', message: expect.stringContaining('sessionsPerUser') })
  })
})
