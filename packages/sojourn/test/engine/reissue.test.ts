// Is a token that is issued anew the only one from then on?
import { describe, expect, it } from 'vitest'
import { codeOf } from './open-engine.ts'
import { opened } from './open-rotation.ts'

describe('reissue', () => {
  it('makes the old token worthless at once, without calling it theft', async () => {
    const { engine, first, session } = await opened()
    await session.attr.set('pin', 1, { encrypt: true })
    const answer = await engine.core.open(first)
    if (answer.state !== 'live') throw new Error(answer.state)
    const second = await answer.handle.reissue()
    expect(await engine.sessions.resume(first)).toBeUndefined()
    expect(engine.events.at(-1)).toMatchObject({ type: 'session.refused', reason: 'secret' })
    expect((await (await engine.sessions.resume(second))!.session.attr.get('pin'))?.value).toBe(1)
  })

  it('ends what was due for the old secret', async () => {
    const { engine, first } = await opened()
    engine.time.advance(600)
    const [one, two] = [await engine.core.open(first), await engine.core.open(first)]
    if (one.state !== 'live' || two.state !== 'live') throw new Error('It has ended.')
    await one.handle.reissue()
    expect(await two.handle.settle()).toBe(false)
    expect(await codeOf(two.handle.reissue())).toBe('ERR_SESSION_ENDED')
  })

  it('derives a key for each purpose, and others after it', async () => {
    const { engine, first } = await opened()
    const answer = await engine.core.open(first)
    if (answer.state !== 'live') throw new Error(answer.state)
    const { handle } = answer
    const before = handle.derive('csrf')
    expect(before).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(handle.derive('csrf')).toBe(before)
    expect(handle.derive('other')).not.toBe(before)
    await handle.reissue()
    expect(handle.derive('csrf')).not.toBe(before)
  })
})
