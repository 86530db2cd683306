// Is every record written in time and in order, and is it told how many could not be?
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { AuditRecord } from '../../src/index.ts'
import { memoryStore } from '../../src/memory.ts'
import { auditTrail } from '../../src/sso/audit/audit-trail.ts'
import { open, PASSWORD, watchedStore } from './support/open.ts'

describe('the queue', () => {
  afterEach(() => vi.useRealTimers())

  const record: AuditRecord = {
    at: 1,
    cid: 'c',
    operation: 'user.login',
    outcome: 'ok',
    reason: null,
    actor: null,
    target: null,
    remoteAddr: '',
    app: '',
    details: {},
  }
  const quiet = { clock: () => 1, events: { on: () => () => {}, emit: () => {} } }

  test('writes after a second, or as soon as a batch is full', async () => {
    vi.useFakeTimers()
    const batches: number[] = []
    const trail = auditTrail({ appendAudit: async (records) => void batches.push(records.length) }, quiet)
    trail.add(record)
    await vi.advanceTimersByTimeAsync(999)
    expect(batches).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(batches).toEqual([1])
    for (let index = 0; index < 500; index += 1) trail.add(record)
    await vi.advanceTimersByTimeAsync(0)
    expect(batches).toEqual([1, 500])
  })

  test('keeps what could not be written, in order and in bounded number, and says how much was lost', async () => {
    vi.useFakeTimers()
    let isAway = true
    const kept: AuditRecord[] = []
    const events: string[] = []
    const trail = auditTrail(
      {
        async appendAudit(records) {
          if (isAway) throw new Error('away')
          kept.push(...records)
        },
      },
      { ...quiet, events: { on: () => () => {}, emit: ({ type }) => void events.push(type) } },
    )
    for (let index = 0; index < 10_010; index += 1) trail.add({ ...record, at: index })
    await vi.advanceTimersByTimeAsync(1000)
    expect(events).toContain('audit.failed')
    isAway = false
    await vi.advanceTimersByTimeAsync(1000)
    const written = kept.filter(({ operation }) => operation !== 'audit.lost')
    expect(written.map(({ at }) => at)).toEqual(Array.from({ length: 10_000 }, (_, index) => index))
    expect(kept.filter(({ operation }) => operation === 'audit.lost')).toMatchObject([{ details: { count: 10 } }])
  })

  test('close writes what waits', async () => {
    const store = memoryStore()
    const { sso } = await open({}, watchedStore(store))
    await sso.user.login({ cid: 'last', username: 'ada', password: PASSWORD })
    await sso.close()
    expect((await store.directory.listAudit({ limit: 10, cid: 'last' })).items).toHaveLength(1)
  })
})
