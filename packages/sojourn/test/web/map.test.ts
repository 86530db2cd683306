// Is the session a map, whatever requests do to it at the same time?
import fc from 'fast-check'
import type { WebSession } from 'sojourn/web'
import { describe, expect, test } from 'vitest'
import { STORES, type StoreName } from './support/host.ts'
import { mutatesAfterChange, onMap, onSession, popped, step, value } from './support/map-programs.ts'
import { openMap } from './support/open-map.ts'

type MapSession = WebSession<Record<string, unknown>>

test('any program over any requests answers as a Map does, and leaves the same entries', async () => {
  const requests = fc.array(
    fc.array(step, { maxLength: 8 }).filter((steps) => !mutatesAfterChange(steps)),
    { maxLength: 5 },
  )
  await fc.assert(
    fc.asyncProperty(requests, async (programs) => {
      const { visit } = await openMap()
      const map = new Map<string, unknown>()
      for (const program of programs) {
        await visit((session) => {
          for (const one of program) {
            const answer = onSession(session, one)
            expect(answer).toEqual(one.op === 'popItem' ? popped(map, answer) : onMap(map, one))
          }
          expect(Object.fromEntries(session)).toEqual(Object.fromEntries(map))
        })
      }
      expect(await visit((session) => Object.fromEntries(session))).toEqual(Object.fromEntries(map))
    }),
    { numRuns: 300 },
  )
})

describe.each(Object.keys(STORES) as StoreName[])('on %s', (on) => {
  test('a sum that would not be exact is refused at once, whether the number was stored before or set by the request', async () => {
    const { visit } = await openMap(on)
    const inexact = expect.objectContaining({ code: 'ERR_VALUE_UNSUPPORTED', names: ['sum'] })
    const largest = Number.MAX_SAFE_INTEGER
    const addsNoMore = (session: MapSession) => {
      expect(() => session.increment('sum')).toThrow(inexact)
      expect(() => session.increment('sum', 2 ** 60)).toThrow(inexact)
      expect(session.get('sum')).toBe(largest)
    }
    await visit((session) => {
      session.set('sum', largest)
      addsNoMore(session)
    })
    await visit((session) => {
      addsNoMore(session)
      session.set('other', 1)
    })
    expect(await visit((session) => Object.fromEntries(session))).toEqual({ sum: largest, other: 1 })
    // Of each addition the total is exact here, and of both together what goes to the store is not.
    await visit((session) => session.set('sum', -largest))
    await visit((session) => {
      session.increment('sum', largest)
      expect(() => session.increment('sum', largest - 1)).toThrow(inexact)
    })
    expect(await visit((session) => session.get('sum'))).toBe(0)
  })

  test('requests at the same time that change different entries all survive, and sums are exact', async () => {
    const program = fc.array(
      fc.record({ own: fc.option(value, { nil: undefined }), by: fc.integer({ min: -3, max: 3 }), item: fc.boolean() }),
      { minLength: 1, maxLength: 8 },
    )
    await fc.assert(
      fc.asyncProperty(program, async (parts) => {
        const { visit, together } = await openMap(on)
        await visit((session) => session.merge({ kept: 'as it was', sum: 5, list: [] }))
        const results = await together(
          parts.map(({ own, by, item }, at) => (session) => {
            if (own !== undefined) session.set(`own${at}`, own)
            session.increment('sum', by)
            if (item) session.change('list', (old) => [...(old as number[]), at])
          }),
        )
        expect(results.filter(({ status }) => status === 'rejected')).toEqual([])
        const seen = await visit((session) => Object.fromEntries(session))
        const own = Object.fromEntries(parts.flatMap((part, at) => (part.own === undefined ? [] : [[`own${at}`, part.own]])))
        expect(seen).toEqual({
          ...own,
          kept: 'as it was',
          sum: parts.reduce((sum, { by }) => sum + by, 5),
          list: expect.any(Array),
        })
        expect((seen['list'] as number[]).sort()).toEqual(parts.flatMap(({ item }, at) => (item ? [at] : [])))
      }),
      { numRuns: 40 },
    )
  })

  test('1,000 requests at the same time, each with its own entry and one more on a counter', async () => {
    // How long a busy machine takes is not the question.
    const { visit, together } = await openMap(on, { storeTimeout: 120 })
    await visit((session) => session.set('sum', 0))
    const results = await together(
      Array.from({ length: 1000 }, (_, at) => (session) => {
        session.set(`own${at}`, at)
        session.increment('sum')
      }),
    )
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([])
    await visit((session) => {
      expect(session.size).toBe(1001)
      expect(session.get('sum')).toBe(1000)
      expect(session.get('own999')).toBe(999)
    })
  })

  test('1,000 functions of one entry are all applied', async () => {
    const { visit, together } = await openMap(on)
    await visit((session) => session.set('list', []))
    const results = await together(
      Array.from({ length: 1000 }, (_, at) => (session) => session.change('list', (old) => [...(old as number[]), at])),
    )
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([])
    expect(await visit((session) => new Set(session.get('list') as number[]).size)).toBe(1000)
  })

  test('entries expire, sealed ones come back, and both survive a login as they were', async () => {
    const { visit, time, calls } = await openMap(on)
    await visit((session) => {
      session.set('short', 'gone soon', { expiration: 60 })
      session.set('language', 'de', { expiration: 600, encrypt: true })
    })
    time.now += 59_999
    expect(await visit((session) => [...session.keys()])).toEqual(['short', 'language'])
    time.now += 1
    calls.length = 0
    await visit((session) => {
      expect([session.has('short'), session.get('short'), [...session.keys()]]).toEqual([false, undefined, ['language']])
      session.login('anna')
    })
    expect(calls).toEqual(['load', 'create', 'delete'])
    expect(await visit((session) => session.get('language'))).toBe('de')
    time.now += 540_000
    expect(await visit((session) => session.has('language'))).toBe(false)
  })
})
