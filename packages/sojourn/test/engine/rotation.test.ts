// Is a secret replaced when it is due, without losing anybody, and a stolen one found out?
import { describe, expect, it } from 'vitest'
import { memorySessions } from '../../src/stores/memory/memory-sessions.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { key, openEngine, watched } from './open-engine.ts'
import { opened, policy, rotated } from './open-rotation.ts'

describe('rotation', () => {
  it('keeps the id and changes the secret when it is due, not before', async () => {
    const all = await opened()
    const { engine, first, session, resume } = all
    engine.time.advance(599.999)
    expect((await resume(first))?.token).toBeNull()
    engine.time.advance(0.001)
    const answer = await resume(first)
    expect(answer?.session.id).toBe(session.id)
    expect(answer?.token).toMatch(new RegExp(`^sjn_${session.id}\\.`))
    expect(answer?.token).not.toBe(first)
    expect((await resume(answer?.token ?? ''))?.token).toBeNull()
    expect(engine.events.filter(({ type }) => type === 'session.rotated').length).toBe(1)
  })

  it('answers whoever comes with the previous secret with the same new token, until the grace is over', async () => {
    const all = await opened()
    const { engine, first, resume } = all
    const second = await rotated(all)
    engine.time.advance(500)
    for (let request = 0; request < 3; request += 1) expect((await resume(first))?.token).toBe(second)
    expect((await resume(second))?.token).toBeNull()
    engine.time.advance(29.999)
    expect((await resume(first))?.token).toBe(second)
    expect((await resume(second))?.token).toBeNull()
  })

  it('is done once by many at once, from several processes', async () => {
    const [store, time, keys] = [memorySessions(), manualClock(), [key()]]
    const engines = Array.from({ length: 3 }, () => openEngine({ policy, store, time, keys }))
    const { token, session } = await engines[0]!.sessions.start({ principal: 'anna' })
    await session.attr.set('pin', 1234, { encrypt: true })
    time.advance(600)
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) => engines[n % 3]!.sessions.resume(token, { preload: 'all' })),
    )
    expect(new Set(answers.map((answer) => answer?.token)).size).toBe(1)
    expect(typeof answers[0]?.token).toBe('string')
    for (const answer of answers) expect((await answer!.session.attr.get('pin'))?.value).toBe(1234)
    expect(engines.flatMap(({ events }) => events).filter(({ type }) => type === 'session.rotated').length).toBe(1)
  })

  it('ends the session when the previous secret comes after the grace, for both', async () => {
    const all = await opened()
    const { engine, first, resume, session } = all
    const second = await rotated(all)
    await resume(second)
    engine.time.advance(30)
    expect(await resume(first)).toBeUndefined()
    expect(await resume(second)).toBeUndefined()
    const told = engine.events.slice(-4).map(({ type }) => type)
    expect(told).toEqual(['session.rotated', 'session.theft', 'session.ended', 'session.refused'])
    expect(engine.events.at(-2)).toMatchObject({ id: session.id, principal: 'anna', reason: 'theft' })
  })

  it('finds theft also once the copies have been erased', async () => {
    const all = await opened()
    const { engine, first, resume, header, session } = all
    await session.attr.set('pin', 1, { encrypt: true })
    const second = await rotated(all)
    expect(await header()).toMatchObject({
      graceEndsAt: null,
      successor: expect.any(Uint8Array),
      previousDataKey: expect.any(Uint8Array),
    })
    await resume(second)
    expect((await header()).graceEndsAt).toBe(engine.time.now() + 30_000)
    engine.time.advance(30)
    await resume(second)
    expect(await header()).toMatchObject({ successor: null, previousDataKey: null, previousHash: expect.any(String) })
    engine.calls.length = 0
    await resume(second)
    expect(engine.calls).toEqual(['load'])
    expect(await resume(first)).toBeUndefined()
    expect(await resume(second)).toBeUndefined()
  })

  it('logs nobody out for a lost answer, however long ago', async () => {
    const all = await opened({ policy: { ...policy, expiry: 80_000 } })
    const { engine, first, resume } = all
    const second = await rotated(all)
    engine.time.advance(70_000)
    expect((await resume(first))?.token).toBe(second)
    expect((await resume(second))?.token).toBeNull()
  })

  it('goes on from secret to secret, and any older one changes nothing', async () => {
    const all = await opened()
    const { engine, first, resume } = all
    const second = await rotated(all)
    await resume(second)
    engine.time.advance(600)
    const third = (await resume(second))?.token
    expect(typeof third).toBe('string')
    expect(await resume(first)).toBeUndefined()
    expect(engine.events.at(-1)).toMatchObject({ type: 'session.refused', reason: 'secret' })
    expect((await resume(second))?.token).toBe(third)
    expect(await resume(third ?? '')).toBeDefined()
  })

  it('does not start while the grace of the last one runs', async () => {
    const all = await opened({ policy: { renewalTimeout: 10, renewalGrace: 30 } })
    const { engine, first, resume } = all
    engine.time.advance(10)
    const second = (await resume(first))?.token ?? ''
    engine.time.advance(10)
    expect((await resume(second))?.token).toBeNull()
    engine.time.advance(29)
    expect((await resume(second))?.token).toBeNull()
    expect((await resume(first))?.token).toBe(second)
    engine.time.advance(1)
    expect((await resume(second))?.token).toEqual(expect.any(String))
  })

  it('waits while requests are passive', async () => {
    const { engine, first } = await opened()
    engine.time.advance(700)
    expect((await engine.sessions.resume(first, { passive: true }))?.token).toBeNull()
    expect((await engine.sessions.resume(first))?.token).toEqual(expect.any(String))
  })

  it('that the store does not take is an event, and the token stays good', async () => {
    let isDown = false
    const store = watched(memorySessions(), (call) =>
      isDown && call === 'update' ? Promise.reject(new Error('down')) : undefined,
    )
    const { engine, first, resume } = await opened({ store })
    engine.time.advance(600)
    isDown = true
    expect((await resume(first))?.token).toBeNull()
    expect(engine.events.at(-1)).toMatchObject({ type: 'session.touch-failed' })
    isDown = false
    expect((await resume(first))?.token).toEqual(expect.any(String))
  })

  it('that was applied although the answer was lost leads to the token that is stored', async () => {
    const inner = memorySessions()
    let isLost = false
    const store = {
      ...inner,
      update: async (...args: Parameters<typeof inner.update>) => {
        const outcome = await inner.update(...args)
        if (isLost) throw new Error('connection lost')
        return outcome
      },
    }
    const { engine, first, resume } = await opened({ store })
    engine.time.advance(600)
    isLost = true
    expect((await resume(first))?.token).toBeNull()
    isLost = false
    const second = (await resume(first))?.token
    expect(second).toEqual(expect.any(String))
    expect((await resume(second ?? ''))?.token).toBeNull()
  })

  it('does not start the grace for a secret that was answered but never presented', async () => {
    const inner = memorySessions()
    let refusals = 0
    const store = {
      ...inner,
      update: async (...args: Parameters<typeof inner.update>) => {
        refusals -= 1
        return refusals === 0 ? { outcome: 'superseded' as const } : inner.update(...args)
      },
    }
    const engine = openEngine({ policy, store })
    const { token, session } = await engine.sessions.start({ principal: 'anna', sliding: true })
    engine.time.advance(600)
    const [one, two] = [await engine.core.open(token), await engine.core.open(token)]
    if (one.state !== 'live' || two.state !== 'live') throw new Error('It has ended.')
    await one.handle.settle()
    engine.time.advance(400)
    refusals = 2
    await engine.core.edit(two.handle, [{ kind: 'put', name: 'a', value: 1, when: 'always' }])
    expect(two.handle.token()).toBe(one.handle.token())
    expect(await inner.load(session.id, 'header', engine.time.now())).toMatchObject({
      graceEndsAt: null,
      successor: expect.any(Uint8Array),
    })
  })
})
