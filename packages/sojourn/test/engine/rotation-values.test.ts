// Do sealed values stay open while secrets are replaced, for the old one and the new?
import { describe, expect, it } from 'vitest'
import { codeOf } from './open-engine.ts'
import { opened, rotated } from './open-rotation.ts'

describe('rotation', () => {
  it('keeps sealed values open, for the old secret and the new, also sealed first meanwhile', async () => {
    const all = await opened()
    const { engine, first, resume, session } = all
    await session.attr.set('before', 1, { encrypt: true })
    engine.time.advance(599)
    const early = await resume(first)
    engine.time.advance(1)
    const second = (await resume(first))?.token ?? ''
    expect((await early!.session.attr.get('before'))?.value).toBe(1)
    await early!.session.attr.set('after', 2, { encrypt: true })
    const late = await resume(second)
    expect((await late!.session.attr.get('after'))?.value).toBe(2)
    expect((await (await resume(first))!.session.attr.get('before'))?.value).toBe(1)
  })

  it('lets a request with the previous secret seal the first value, after it has read anew', async () => {
    const all = await opened()
    const early = (await all.resume(all.first))!.session
    const second = await rotated(all)
    expect(await early.attr.names()).toEqual([])
    await early.attr.set('pin', 1, { encrypt: true })
    expect((await (await all.resume(second))!.session.attr.get('pin'))?.value).toBe(1)
  })

  it('loses no data key that is made at the same time', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { engine, first, session } = await opened()
      engine.time.advance(600)
      const [answer] = await Promise.all([engine.sessions.resume(first), session.attr.set('pin', round, { encrypt: true })])
      const again = await engine.sessions.resume(answer?.token ?? first)
      expect((await again!.session.attr.get('pin'))?.value).toBe(round)
    }
  })

  it('in a write that makes the data key waits for the next request', async () => {
    const { engine, first } = await opened()
    engine.time.advance(600)
    const answer = await engine.core.open(first)
    if (answer.state !== 'live') throw new Error(answer.state)
    await engine.core.edit(answer.handle, [{ kind: 'put', name: 'pin', value: 1, when: 'always', encrypt: true }])
    expect(answer.handle.token()).toBeNull()
    const next = await engine.sessions.resume(first)
    expect(next?.token).toEqual(expect.any(String))
    expect((await next!.session.attr.get('pin'))?.value).toBe(1)
  })

  it("rotates also under sealing: 'server'", async () => {
    const all = await opened({ sealing: 'server' })
    await all.session.attr.set('pin', 1, { encrypt: true })
    const second = await rotated(all)
    for (const token of [all.first, second]) expect((await (await all.resume(token))!.session.attr.get('pin'))?.value).toBe(1)
  })

  it('leaves values closed to a request that is too late to hold the right secret', async () => {
    const all = await opened()
    const { engine, first, resume, session } = all
    await session.attr.set('pin', 1, { encrypt: true })
    const early = await resume(first)
    const second = await rotated(all)
    await resume(second)
    engine.time.advance(30)
    await resume(second)
    expect(await codeOf(early!.session.attr.get('pin'))).toBe('ERR_ATTRIBUTE_SEALED')
    expect(await resume(second)).toBeDefined()
  })
})
