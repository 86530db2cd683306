// Does the timer remove what is dead, in batches of at most 40, and tell of it?
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memorySessions } from '../../src/stores/memory/memory-sessions.ts'
import { manualClock } from '../../src/testing/clock.ts'
import { openEngine, watched } from './open-engine.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the sweep timer', () => {
  it('leaves the work to a process that has claimed it', async () => {
    const store = memorySessions()
    let isTaken = true
    const engine = openEngine({ sweepInterval: 300, store: { ...store, claimSweep: async () => !isTaken } })
    await vi.advanceTimersByTimeAsync(331_000)
    expect([engine.calls.includes('sweep'), engine.events]).toEqual([false, []])
    isTaken = false
    await vi.advanceTimersByTimeAsync(331_000)
    expect(engine.calls).toContain('sweep')
    await engine.close()
  })

  it('removes everything dead in small batches, and tells each session once', async () => {
    const time = manualClock()
    const engine = openEngine({ sweepInterval: 300, time })
    for (let n = 0; n < 250; n += 1) await engine.sessions.start({ principal: n % 2 === 0 ? null : 'anna' })
    const { session: alive } = await engine.sessions.start({ principal: 'bob' })
    time.advance(3599)
    await engine.core.openById(alive.id).then((handle) => handle?.renew())
    time.advance(1)
    await vi.advanceTimersByTimeAsync(331_000)
    expect(engine.calls.filter((call) => call === 'sweep').length).toBeGreaterThanOrEqual(250 / 40)
    const ended = engine.events.filter((event) => event.type === 'session.ended')
    expect(ended.length).toBe(250)
    expect(ended.every(({ reason }) => reason === 'expired')).toBe(true)
    expect(engine.events.find((event) => event.type === 'sweep.done')).toMatchObject({ removed: 250 })
    expect(await engine.core.openById(alive.id)).toBeDefined()
    await engine.close()
  })

  it('goes on after a failure', async () => {
    let isDown = true
    const store = watched(memorySessions(), () => (isDown ? Promise.reject(new Error('down')) : undefined))
    const engine = openEngine({ sweepInterval: 10, store })
    await vi.advanceTimersByTimeAsync(11_500)
    expect(engine.events.at(-1)).toMatchObject({ type: 'sweep.failed', error: { code: 'ERR_STORE_UNAVAILABLE' } })
    isDown = false
    await vi.advanceTimersByTimeAsync(11_500)
    expect(engine.events.at(-1)).toMatchObject({ type: 'sweep.done' })
    await engine.close()
  })

  it('is off at 0, and stops when the engine is closed', async () => {
    const off = openEngine({ sweepInterval: 0 })
    const closed = openEngine({ sweepInterval: 10 })
    await closed.close()
    await vi.advanceTimersByTimeAsync(100_000)
    expect([...off.calls, ...closed.calls]).toEqual(['close'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('stops between two batches when the engine is closed', async () => {
    const store = { ...memorySessions(), sweep: async () => ({ removed: 1, ended: [], more: true }) }
    const engine = openEngine({ sweepInterval: 10, store })
    await vi.advanceTimersByTimeAsync(11_001)
    await engine.close()
    await vi.advanceTimersByTimeAsync(100_000)
    const swept = engine.calls.filter((call) => call === 'sweep').length
    await vi.advanceTimersByTimeAsync(100_000)
    expect(engine.calls.filter((call) => call === 'sweep').length).toBe(swept)
  })
})
