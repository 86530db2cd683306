// Do server keys come and go without losing what they sealed, and is a missing one named?
import { describe, expect, it } from 'vitest'
import { memorySessions } from '../../src/stores/memory/memory-sessions.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { codeOf, failure, key, openEngine } from './open-engine.ts'

describe('server keys', () => {
  it('are needed to seal, and the error says how to get one', async () => {
    const engine = openEngine({ keys: [] })
    const { session } = await engine.sessions.start({ principal: null })
    const error = await failure(session.attr.set('pin', 1, { encrypt: true }))
    expect(error).toMatchObject({ code: 'ERR_KEY_MISSING', fix: expect.stringContaining('keys') })
    await session.attr.set('plain', 1)
    expect(await codeOf(() => engine.core.ring.seal('u:anna', 'pin', '1'))).toBe('ERR_KEY_MISSING')
  })

  it.each([
    ['a'.repeat(43)],
    ['short'],
    [''],
    [Buffer.alloc(31).toString('base64url')],
    [Buffer.alloc(32).toString('base64')],
    [5],
  ])('of the wrong form are refused without being quoted: %s', async (bad) => {
    const error = await failure(() => openEngine({ keys: [key(), bad as string] }))
    expect(error.code).toBe('ERR_OPTION_INVALID')
    expect(error.errors[0]?.field).toBe('keys[1]')
    if (String(bad) !== '') expect(error.message).not.toContain(`${bad}.`)
  })

  it('are a list without duplicates', async () => {
    const one = key()
    expect(await codeOf(() => openEngine({ keys: [one, one] }))).toBe('ERR_OPTION_INVALID')
    expect(await codeOf(() => openEngine({ keys: one as never }))).toBe('ERR_OPTION_INVALID')
  })

  it.each([true, false])('rotate without anybody noticing (sliding: %s); a retired one is named', async (sliding) => {
    const [first, second] = [key(), key()]
    const store = memorySessions()
    const time = manualClock()
    const before = openEngine({ store, time, keys: [first] })
    const { session, token } = await before.sessions.start({ principal: 'anna', sliding })
    const idle = await before.sessions.start({ principal: 'anna' })
    for (const each of [session, idle.session]) await each.attr.set('pin', 1, { encrypt: true })

    const between = openEngine({ store, time, keys: [second, first] })
    time.advance(400)
    const resumed = await between.sessions.resume(token, { preload: 'all' })
    expect((await resumed?.session.attr.get('pin'))?.value).toBe(1)
    expect(between.calls).toEqual(['load', 'update'])
    await between.sessions.resume(token)
    expect(between.calls).toEqual(['load', 'update', 'load'])

    const after = openEngine({ store, time, keys: [second] })
    expect((await (await after.sessions.resume(token))?.session.attr.get('pin'))?.value).toBe(1)
    const late = await after.sessions.resume(idle.token)
    const error = await failure(late!.session.attr.get('pin'))
    expect(error).toMatchObject({ code: 'ERR_KEY_MISSING', names: ['pin'] })
    expect(after.events.some((event) => event.type === 'session.touch-failed')).toBe(true)
    expect(await codeOf(late!.session.attr.set('pin', 2))).toBe('ERR_KEY_MISSING')
    expect((await late!.session.attr.get('pin', { decrypt: false }))?.isEncrypted).toBe(true)
  })

  it('taken away altogether let sessions live on', async () => {
    const store = memorySessions()
    const time = manualClock()
    const { session, token } = await openEngine({ store, time }).sessions.start({ principal: 'anna', attributes: { a: 1 } })
    await session.attr.set('pin', 1, { encrypt: true })
    const without = openEngine({ store, time, keys: [] })
    const resumed = await without.sessions.resume(token)
    expect((await resumed?.session.attr.get('a'))?.value).toBe(1)
    expect(await codeOf(resumed!.session.attr.get('pin'))).toBe('ERR_KEY_MISSING')
  })

  it('and the sealing are part of the wrap: a change of sealing is taken up when the token comes', async () => {
    const [store, time, keys] = [memorySessions(), manualClock(), [key()]]
    const { session, token } = await openEngine({ store, time, keys }).sessions.start({ principal: 'anna' })
    await session.attr.set('pin', 1, { encrypt: true })
    const server = openEngine({ store, time, keys, sealing: 'server' })
    const byId = async () => {
      const handle = await server.core.openById(session.id, { want: 'all' })
      return handle?.attribute('pin')?.value
    }
    expect(await codeOf(byId())).toBe('ERR_ATTRIBUTE_SEALED')
    await server.sessions.resume(token)
    expect(await byId()).toBe(1)
  })
})

describe('the key ring', () => {
  it('opens what it sealed only in its place, and seals anew what an old key sealed', async () => {
    const [first, second] = [key(), key()]
    const old = openEngine({ keys: [first] }).core.ring
    const ring = openEngine({ keys: [second, first] }).core.ring
    const sealed = old.seal('u:anna', 'pin', '1234')
    expect(ring.open('u:anna', 'pin', sealed)).toBe('1234')
    expect(await codeOf(() => ring.open('u:anna', 'pan', sealed))).toBe('ERR_STORE_CORRUPT')
    expect(await codeOf(() => ring.open('u:bob', 'pin', sealed))).toBe('ERR_STORE_CORRUPT')
    expect(await codeOf(() => ring.open('u:anna', 'pin', new Uint8Array(3)))).toBe('ERR_STORE_CORRUPT')
    const anew = ring.reseal('u:anna', 'pin', sealed)
    expect(openEngine({ keys: [second] }).core.ring.open('u:anna', 'pin', anew!)).toBe('1234')
    expect(ring.reseal('u:anna', 'pin', anew!)).toBeUndefined()
    expect(await failure(() => openEngine({ keys: [second] }).core.ring.open('u:anna', 'pin', sealed))).toMatchObject({
      code: 'ERR_KEY_MISSING',
      names: ['pin'],
    })
  })

  it('serves more places than it keeps keys at hand', () => {
    const { ring } = openEngine().core
    const places = Array.from({ length: 600 }, (_, n) => `u:${n}`)
    const sealed = places.map((place) => ring.seal(place, 'pin', place))
    expect(places.map((place, n) => ring.open(place, 'pin', sealed[n]!))).toEqual(places)
  })
})
