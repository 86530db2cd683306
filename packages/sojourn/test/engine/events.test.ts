// Are events told to everybody, whatever a listener does, and free of secrets?
import { describe, expect, it } from 'vitest'
import type { EngineEvent } from '../../src/index.ts'
import { openEngine } from './open-engine.ts'

describe('events', () => {
  it('reach those who listen to their type, until they stop', async () => {
    const engine = openEngine()
    const heard: EngineEvent[] = []
    const stop = engine.on('session.ended', (event) => heard.push(event))
    engine.on('session.ended', (event) => heard.push(event))
    const { session } = await engine.sessions.start({ principal: 'anna' })
    await engine.sessions.end(session.id)
    expect(heard.map(({ type }) => type)).toEqual(['session.ended', 'session.ended'])
    stop()
    const { session: second } = await engine.sessions.start({ principal: 'anna' })
    await engine.sessions.end(second.id)
    expect(heard.length).toBe(3)
  })

  it('that nobody tells, and listeners that cannot listen, are refused by name', () => {
    const engine = openEngine()
    const refusal = (field: string) =>
      expect.objectContaining({ code: 'ERR_OPTION_INVALID', errors: [expect.objectContaining({ field })] })
    expect(() => engine.on('session.end' as never, () => {})).toThrow(refusal('type'))
    expect(() => engine.on('session.ended', undefined as never)).toThrow(refusal('listener'))
  })

  it('go on when a listener throws, at once or later, and that is an event itself', async () => {
    const engine = openEngine()
    const heard: string[] = []
    const thrown = new Error('mine')
    engine.on('session.started', () => {
      throw thrown
    })
    engine.on('session.started', async () => {
      throw thrown
    })
    engine.on('session.started', () => heard.push('third'))
    engine.on('listener.failed', () => {
      throw thrown
    })
    await engine.sessions.start({ principal: null })
    await Promise.resolve()
    expect(heard).toEqual(['third'])
    const failed = engine.events.filter(({ type }) => type === 'listener.failed')
    expect(failed).toEqual([
      { type: 'listener.failed', at: engine.time.now(), event: 'session.started', error: thrown },
      { type: 'listener.failed', at: engine.time.now(), event: 'session.started', error: thrown },
    ])
  })

  it('and errors hold no token, secret or value', async () => {
    const engine = openEngine({ policy: { renewalTimeout: 10 } })
    const secrets = ['canary-value-1', 'canary-value-2']
    const { session, token } = await engine.sessions.start({ principal: 'anna', attributes: { a: 'canary-value-1' } })
    secrets.push(token, token.split('.')[1] ?? '')
    const errors: unknown[] = []
    const failing = [
      () => session.attr.create('a', 'canary-value-2'),
      () => session.attr.update('x', 'canary-value-2'),
      () => session.attr.increment('a'),
      () => session.attr.set('a', { deep: ['canary-value-2', undefined] }),
      () => session.attr.set('a', 'canary-value-2'.repeat(30_000)),
      () => session.attr.set('a', 'x', { expiration: 'canary-value-2' as never }),
    ]
    for (const fail of failing) await fail().catch((error: unknown) => errors.push(error))
    expect(errors.length).toBe(failing.length)
    engine.time.advance(10)
    const second = (await engine.sessions.resume(token))?.token ?? ''
    secrets.push(second, second.split('.')[1] ?? '')
    await engine.sessions.resume(second)
    engine.time.advance(31)
    await engine.sessions.resume(token)
    await engine.sessions.resume(second)
    await engine.sessions.resume(`${second}x`)
    expect(engine.events.map(({ type }) => type)).toContain('session.theft')
    const { inspect } = await import('node:util')
    const told = inspect([engine.events, errors], { depth: 20, showHidden: true })
    for (const secret of secrets) expect(told).not.toContain(secret)
  })
})
