// Is the session a map, whatever requests do to it at the same time?

import fc from 'fast-check'
import { isSojournError, SojournError } from 'sojourn'
import { type WebSession, webSessions } from 'sojourn/web'
import { describe, expect, test } from 'vitest'
import { createBrowser } from './support/browser.ts'
import { openHost, STORES, type StoreName } from './support/host.ts'

type Anything = Record<string, unknown>

/** A session over requests that can be held open, to let several run at once. */
async function openMap(on: StoreName = 'memory', options: Parameters<typeof openHost>[0] = {}) {
  const host = await openHost({ on, ...options })
  const web = webSessions<Anything>(host.sso)
  let work: (session: WebSession<Anything>) => unknown = () => undefined
  const browser = createBrowser(async (request) => {
    const session = await web.load(request)
    await work(session)
    return web.commit(session, new Response())
  })
  return {
    ...host,
    web,
    browser,
    /** One request. */
    async visit<T>(run: (session: WebSession<Anything>) => T): Promise<Awaited<T>> {
      let answer: Awaited<T> | undefined
      work = async (session) => {
        answer = await run(session)
      }
      await browser.send('/')
      return answer as Awaited<T>
    },
    /** Requests that have all read before the first of them commits. */
    async together(runs: readonly ((session: WebSession<Anything>) => unknown)[]) {
      const headers = { cookie: browser.cookie() }
      const sessions = await Promise.all(runs.map(() => web.load(new Request('https://shop.example/', { headers }))))
      for (const [at, run] of runs.entries()) await run(sessions[at]!)
      return Promise.allSettled(sessions.map((session) => web.commit(session, new Response())))
    },
  }
}

const KEYS = ['a', 'b', 'c']
const value = fc.oneof(
  fc.integer(),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.date({ noInvalidDate: true }),
  fc.bigInt(),
  fc.uint8Array({ maxLength: 4 }),
  fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 }),
  fc.array(fc.tuple(fc.string(), fc.integer())).map((pairs) => new Map(pairs)),
  fc.array(fc.integer()).map((items) => new Set(items)),
)

/** Something that is done to a session and to a plain Map alike; both answer. */
const step = fc.oneof(
  fc.record({ op: fc.constant('set' as const), key: fc.constantFrom(...KEYS), value }),
  fc.record({
    op: fc.constantFrom('delete' as const, 'has' as const, 'get' as const, 'pop' as const, 'push' as const),
    key: fc.constantFrom(...KEYS),
  }),
  fc.record({ op: fc.constant('setDefault' as const), key: fc.constantFrom(...KEYS), value }),
  fc.record({ op: fc.constantFrom('popItem' as const, 'size' as const, 'clear' as const) }),
  fc.record({ op: fc.constant('increment' as const), key: fc.constantFrom('n', 'm'), by: fc.integer({ min: -5, max: 5 }) }),
  fc.record({ op: fc.constant('change' as const), key: fc.constantFrom(...KEYS), value: fc.integer() }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

function onSession(session: WebSession<Anything>, one: Step): unknown {
  switch (one.op) {
    case 'set':
      return session.set(one.key, structuredClone(one.value))
    case 'delete':
      return session.delete(one.key)
    case 'has':
      return session.has(one.key)
    case 'get':
      return session.get(one.key)
    case 'pop':
      return session.pop(one.key, 'none')
    case 'push': {
      const list = session.get(one.key)
      return Array.isArray(list) ? list.push('pushed') : undefined
    }
    case 'setDefault':
      return session.setDefault(one.key, structuredClone(one.value))
    case 'popItem':
      return session.popItem()
    case 'size':
      return session.size
    case 'clear':
      return session.clear()
    case 'increment':
      return session.increment(one.key, one.by)
    case 'change':
      return session.change(one.key, (old) => [old ?? null, one.value])
  }
}

/** Which entry is the last is the store's affair: that it is one of them, and gone, is not. */
function popped(map: Map<string, unknown>, answer: unknown): unknown {
  if (!Array.isArray(answer)) return map.size === 0 ? undefined : 'an entry'
  const [key] = answer
  const entry = map.has(key) ? [key, map.get(key)] : 'an entry that is there'
  map.delete(key)
  return entry
}

function onMap(map: Map<string, unknown>, one: Step): unknown {
  switch (one.op) {
    case 'set':
      return void map.set(one.key, structuredClone(one.value))
    case 'delete':
      return map.delete(one.key)
    case 'has':
      return map.has(one.key)
    case 'get':
      return map.get(one.key)
    case 'pop': {
      const had = map.has(one.key) ? map.get(one.key) : 'none'
      map.delete(one.key)
      return had
    }
    case 'push': {
      const list = map.get(one.key)
      return Array.isArray(list) ? list.push('pushed') : undefined
    }
    case 'setDefault':
      if (!map.has(one.key)) map.set(one.key, structuredClone(one.value))
      return map.get(one.key)
    case 'size':
      return map.size
    case 'clear':
      return map.clear()
    case 'increment':
      return void map.set(one.key, Number(map.get(one.key) ?? 0) + one.by)
    case 'change':
      return void map.set(one.key, [structuredClone(map.get(one.key) ?? null), one.value])
  }
}

/** After `change` a value must not be mutated; the model leaves such programs out. */
function mutatesAfterChange(steps: readonly Step[]): boolean {
  return steps.some(
    (one, at) => one.op === 'push' && steps.slice(0, at).some((each) => each.op === 'change' && each.key === one.key),
  )
}

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

test('what cannot be stored is refused at once, naming the path, and nothing of it is saved', async () => {
  const { visit } = await openMap()
  class Own {}
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  for (const bad of [() => 1, Symbol('s'), new Own(), cyclic, Number.NaN, { a: [undefined] }, 'x'.repeat(300_000)]) {
    await visit((session) => {
      expect(() => session.set('bad', bad)).toThrow(SojournError)
      expect(() => session.set('$reserved', 1)).toThrow(/`name`/)
      expect(() => session.merge({ good: 1, bad })).toThrow(SojournError)
      session.delete('good')
    })
  }
  expect(await visit((session) => session.size)).toBe(0)
})

test('a value that became unstorable in place fails the request, and nothing is saved', async () => {
  const { visit, web, browser } = await openMap()
  await visit((session) => session.merge({ list: [1], other: 1 }))
  const session = await web.load(new Request('https://shop.example/', { headers: { cookie: browser.cookie() } }))
  session.set('other', 2)
  ;(session.get('list') as unknown[]).push(() => 1)
  await expect(web.commit(session, new Response())).rejects.toMatchObject({ code: 'ERR_VALUE_UNSUPPORTED' })
  expect(await visit((seen) => Object.fromEntries(seen))).toEqual({ list: [1], other: 1 })
})

test('limits are refused whole: entries of a session, bytes of a session', async () => {
  const { visit } = await openMap()
  await visit((session) => session.set('first', 1))
  const entries = Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`e${at}`, at]))
  await expect(visit((session) => session.merge(entries))).rejects.toMatchObject({ code: 'ERR_VALUE_TOO_LARGE' })
  const large = Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`l${at}`, 'x'.repeat(250_000)]))
  await expect(visit((session) => session.merge(large))).rejects.toMatchObject({ code: 'ERR_VALUE_TOO_LARGE' })
  expect(await visit((session) => [...session])).toEqual([['first', 1]])
})

test('what change answered must not be mutated afterwards', async () => {
  const { visit } = await openMap()
  await visit((session) => session.set('list', []))
  const broken = visit((session) => {
    session.change('list', (old) => old)
    ;(session.get('list') as number[]).push(1)
  })
  await expect(broken).rejects.toMatchObject({ code: 'ERR_ATTRIBUTE_CONFLICT' })
})

test('a function that is not pure is stored as the request saw it', async () => {
  const { visit } = await openMap()
  await visit((session) => session.set('id', 'none'))
  const seen = await visit((session) => {
    session.change('id', () => crypto.randomUUID())
    return session.get('id')
  })
  expect(await visit((session) => session.get('id'))).toBe(seen)
})

test('require and pop name what is missing; markChanged saves what did not change', async () => {
  const { visit, calls } = await openMap()
  await visit((session) => {
    expect(() => session.require('none')).toThrow(expect.objectContaining({ code: 'ERR_ATTRIBUTE_MISSING', names: ['none'] }))
    expect(() => session.pop('none')).toThrow(expect.objectContaining({ code: 'ERR_ATTRIBUTE_MISSING' }))
    expect([session.pop('none', 1), session.popItem(), session.isChanged]).toEqual([1, undefined, false])
    session.markChanged()
    expect(session.isChanged).toBe(true)
  })
  expect(calls).toEqual(['create'])
  await visit((session) => session.set('a', 1))
  calls.length = 0
  await visit((session) => session.markChanged('a'))
  expect(calls).toEqual(['load', 'update'])
})

test('markChanged writes the idle deadline of a session in which nothing changed, and refuses one that has ended', async () => {
  const { visit, calls, time, web, sso, browser } = await openMap()
  await visit((session) => session.set('a', 1))
  calls.length = 0
  time.now += 1000
  await visit((session) => session.markChanged())
  expect(calls).toEqual(['load', 'update'])
  const load = () => web.load(new Request('https://shop.example/', { headers: { cookie: browser.cookie() } }))
  const session = await load()
  expect(session.expiresAt).toBe(time.now + 3_600_000)
  session.markChanged()
  await sso.sessions.end(session.id ?? '')
  await expect(web.commit(session, new Response())).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
})

test('markChanged lets a session that does not slide end when it would have', async () => {
  const { sso, web, time, calls } = await openMap()
  const { session, token } = await sso.sessions.start({ principal: 'anna' })
  const headers = { cookie: `__Host-sojourn=${token}` }
  const load = () => web.load(new Request('https://shop.example/', { headers }))
  time.now += 1000
  const loaded = await load()
  loaded.markChanged()
  calls.length = 0
  await web.commit(loaded, new Response())
  expect([calls, (await load()).expiresAt]).toEqual([['update', 'load'], session.expiresAt])
})

test('a session that was committed is not changed any more', async () => {
  const { web } = await openMap()
  const session = await web.load(new Request('https://shop.example/'))
  session.set('a', 1)
  await web.commit(session, new Response())
  for (const change of [
    () => session.set('a', 2),
    () => session.delete('a'),
    () => session.clear(),
    () => session.login('anna'),
    () => session.increment('a'),
    () => session.securityKey(),
  ]) {
    expect(change).toThrow(expect.objectContaining({ code: 'ERR_SESSION_COMMITTED' }))
  }
  expect(session.get('a')).toBe(1)
  expect(isSojournError(null)).toBe(false)
})
