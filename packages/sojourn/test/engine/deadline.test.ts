// Does a store that does not answer become an error in bounded time?
import { memoryUsage } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDeadline } from '../../src/engine/deadline.ts'
import { createEngine } from '../../src/engine/engine.ts'
import { SojournError } from '../../src/index.ts'
import { memorySessions } from '../../src/stores/memory/memory-sessions.ts'
import { codeOf, failure, INSTALLATION_KEY, openEngine, watched } from './open-engine.ts'

const never = () => new Promise(() => {})

describe('a store that never answers', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('ends reads as not applied and writes as unknown, each at its own deadline', async () => {
    const engine = openEngine({ store: watched(memorySessions(), never), storeTimeout: 2 })
    const read = failure(engine.core.store.counters(engine.core.principal('anna')))
    await vi.advanceTimersByTimeAsync(1500)
    const write = failure(engine.sessions.start({ principal: 'anna' }))
    await vi.advanceTimersByTimeAsync(600)
    expect(await read).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', applied: 'no', status: 503, retryAfter: 1 })
    let isOver = false
    void write.finally(() => {
      isOver = true
    })
    await vi.advanceTimersByTimeAsync(1300)
    expect(isOver).toBe(false)
    await vi.advanceTimersByTimeAsync(200)
    expect(await write).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', applied: 'unknown' })
  })

  it.each([
    ['create', (engine: ReturnType<typeof openEngine>) => engine.sessions.start({ principal: null })],
    ['load', (engine: ReturnType<typeof openEngine>) => engine.core.openById('A'.repeat(24))],
    ['delete', (engine: ReturnType<typeof openEngine>) => engine.sessions.end('A'.repeat(24))],
    ['list', (engine: ReturnType<typeof openEngine>) => engine.sessions.list()],
    ['revoke', (engine: ReturnType<typeof openEngine>) => engine.sessions.revoke('all')],
    ['bump', (engine: ReturnType<typeof openEngine>) => engine.sessions.refresh('anna')],
    ['sweep', (engine: ReturnType<typeof openEngine>) => engine.sessions.sweep()],
    ['update', (engine: ReturnType<typeof openEngine>) => engine.core.store.update('A'.repeat(24), {}, 0)],
  ] as const)('ends %s', async (_call, use) => {
    const engine = openEngine({ store: watched(memorySessions(), never), storeTimeout: 0.5 })
    const error = codeOf(use(engine))
    await vi.advanceTimersByTimeAsync(600)
    expect(await error).toBe('ERR_STORE_UNAVAILABLE')
  })

  it('keeps nothing of the calls that came after it and were answered', async () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const { run } = createDeadline(1)
    const stuck = Promise.withResolvers()
    const givenUp = failure(run('read', () => stuck.promise))
    await vi.advanceTimersByTimeAsync(500)
    let last = Promise.withResolvers<void>()
    let answered = run('read', () => last.promise)
    await vi.advanceTimersByTimeAsync(600)
    await givenUp
    collect()
    const before = memoryUsage().heapUsed
    for (let calls = 0; calls < 50_000; calls += 1) {
      const next = Promise.withResolvers<void>()
      const following = run('read', () => next.promise) // there is always one on its way
      last.resolve()
      await answered
      last = next
      answered = following
    }
    collect()
    expect(memoryUsage().heapUsed - before).toBeLessThan(2e6)
    stuck.resolve(undefined) // it was there until now
  })

  it('leaves no timer running once everything has been answered in time', async () => {
    const engine = openEngine({ storeTimeout: 2 })
    await engine.sessions.start({ principal: null })
    await vi.advanceTimersByTimeAsync(2500)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a store that fails', () => {
  it('is unavailable, with its own error as the cause', async () => {
    const cause = new Error('connection reset')
    const store = watched(memorySessions(), () => Promise.reject(cause))
    expect(await failure(openEngine({ store }).sessions.list())).toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      applied: 'no',
      cause,
    })
  })

  it('is unavailable also when it throws at once', async () => {
    const store = new Proxy(memorySessions(), {
      get: () => () => {
        throw new Error('closed')
      },
    })
    const engine = createEngine({ store, installationKey: INSTALLATION_KEY })
    expect(await failure(engine.sessions.start({ principal: null }))).toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      applied: 'unknown',
    })
  })

  it('hands its own errors of ours on as they are', async () => {
    const outdated = new SojournError('ERR_SCHEMA_OUTDATED', 'The schema is newer.')
    const store = watched(memorySessions(), () => Promise.reject(outdated))
    expect(await failure(openEngine({ store }).sessions.list())).toBe(outdated)
  })
})
