// What does the session refuse that a map would take, and when does it save what nobody changed?
import { runInThisContext } from 'node:vm'
import { isSojournError, SojournError } from 'sojourn'
import type { WebSession } from 'sojourn/web'
import { expect, test } from 'vitest'
import { openMap } from './support/open-map.ts'

type MapSession = WebSession<Record<string, unknown>>

test('what is done to an entry that expires while its request runs ends with it', async () => {
  const { visit, web, browser, time } = await openMap()
  await visit((session) => {
    for (const key of ['put', 'sum', 'step', 'place']) session.set(key, key === 'place' ? [] : 1, { expiration: 10 })
    session.set('late', 1, { expiration: 10 })
    session.set('short', 1)
  })
  const headers = { cookie: browser.cookie() }
  const session = await web.load(new Request('https://shop.example/', { headers }))
  session.set('put', 2)
  session.increment('sum')
  session.change('step', () => 2)
  ;(session.get('place') as number[]).push(1)
  session.set('late', 2, { expiration: 60 })
  session.set('short', 2, { expiration: 5 })
  time.now += 10_000
  await web.commit(session, new Response())
  // Not as an entry without expiry, which would live as long as the session.
  expect(await visit((after) => [...after])).toEqual([['late', 2]])
})

test('an entry that is deleted and set again is a new one, without the expiry it had', async () => {
  const { visit, time } = await openMap()
  await visit((session) => session.set('a', 1, { expiration: 10 }))
  await visit((session) => {
    session.delete('a')
    session.set('a', 2)
  })
  time.now += 10_000
  expect(await visit((session) => session.get('a'))).toBe(2)
})

test('an entry that goes while the session is walked through is not visited, as in a map', async () => {
  const { visit } = await openMap()
  await visit((session) => session.merge({ a: 1, b: 2, c: 3 }))
  for (const walk of ['entries', 'keys', 'values'] as const) {
    const [seen, expected] = await visit((session) => {
      const map = new Map(session)
      const visited = (one: { delete(key: string): boolean }, walker: Iterable<unknown>) => {
        const found: unknown[] = []
        for (const each of walker) {
          found.push(each)
          one.delete('b')
        }
        return found
      }
      const answers = [visited(session, session[walk]()), visited(map, map[walk]())]
      session.set('b', 2)
      return answers
    })
    expect(seen).toEqual(expected)
  }
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
      expect(() => session.merge(new Map([['good', 1]]) as never)).toThrow(/`merge`/)
      expect(session.has('good')).toBe(false)
    })
  }
  expect(await visit((session) => session.size)).toBe(0)
})

test('what is assigned to a session rather than set is refused, also where nothing is strict, and nothing is lost in silence', async () => {
  const { visit } = await openMap()
  const assign = runInThisContext('(session, name) => { session[name] = [] }')
  await visit((session) => {
    const own = ['id', 'user', 'userId', 'size', 'methods', 'entries', 'values', 'login', 'reset', 'get', 'set']
    for (const name of ['cart', 'user_id', '__proto', ...own])
      expect(() => assign(session, name)).toThrow(`\`${name}\` must be set by \`session.set\``)
    expect(() => assign(session, Symbol('mark'))).toThrow(SojournError)
    expect(Reflect.get(session, 'cart')).toBeUndefined()
    session.set('cart', [])
  })
  expect(await visit((session) => [...session])).toEqual([['cart', []]])
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

test('what cannot be added to is refused, naming the entry and what to do', async () => {
  const { visit } = await openMap()
  await visit((session) => session.merge({ text: 'a', most: Number.MAX_SAFE_INTEGER }))
  const refused = (name: string) =>
    expect.objectContaining({
      code: 'ERR_VALUE_UNSUPPORTED',
      names: [name],
      fix: expect.stringContaining('`set` a number first'),
    })
  await visit((session) => expect(() => session.increment('text')).toThrow(refused('text')))
  await expect(visit((session) => session.increment('most'))).rejects.toThrow(refused('most'))
  expect(await visit((session) => Object.fromEntries(session))).toEqual({ text: 'a', most: Number.MAX_SAFE_INTEGER })
})

test('a new session holds as many entries beside a security key as one that is there', async () => {
  const { visit } = await openMap()
  const entries = Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`e${at}`, at]))
  const fill = visit((session) => {
    session.merge(entries)
    session.securityKey()
  })
  await expect(fill).resolves.toBeUndefined()
  const overfill = visit((session) => session.set('one more', 1))
  await expect(overfill).rejects.toMatchObject({
    code: 'ERR_VALUE_TOO_LARGE',
    message: 'There would be more than 2000 attributes.',
  })
})

test('what change answered must not be mutated afterwards', async () => {
  const { visit } = await openMap()
  await visit((session) => session.set('list', []))
  const broken = visit((session) => {
    session.change('list', (old) => old)
    ;(session.get('list') as number[]).push(1)
    expect(() => session.change('list', (old) => old)).toThrow(expect.objectContaining({ code: 'ERR_ATTRIBUTE_CONFLICT' }))
  })
  await expect(broken).rejects.toMatchObject({ code: 'ERR_ATTRIBUTE_CONFLICT' })
})

test('what is done in place before a change is saved with it, also where another request was faster', async () => {
  const { visit, web, browser } = await openMap()
  await visit((session) => session.set('list', []))
  const slow = await web.load(new Request('https://shop.example/', { headers: { cookie: browser.cookie() } }))
  ;(slow.get('list') as string[]).push('in place')
  slow.change('list', (old) => [...(old as string[]), 'changed'])
  await visit((session) => session.set('list', ['faster']))
  await web.commit(slow, new Response())
  expect(await visit((session) => session.get('list'))).toEqual(['in place', 'changed'])
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

test('markChanged leaves a sum exact', async () => {
  const { visit, together } = await openMap()
  await visit((session) => session.set('sum', 0))
  const add = (session: MapSession) => {
    session.increment('sum')
    session.markChanged('sum')
  }
  await together([add, add])
  expect(await visit((session) => session.get('sum'))).toBe(2)
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
  expect([session.get('a'), session.isChanged]).toEqual([1, false])
  expect(isSojournError(null)).toBe(false)
})

test.each([
  ['set', (session: MapSession) => session.set('count', [2])],
  ['increment', (session: MapSession) => session.increment('sum')],
  ['change', (session: MapSession) => session.change('count', () => [2])],
  ['what is done in place', (session: MapSession) => void (session.get('count') as number[]).push(2)],
])('an entry that another request deleted meanwhile does not come back by %s to live for longer', async (_, step) => {
  const { visit, web, browser, time } = await openMap()
  await visit((session) => {
    session.set('count', [1], { expiration: 10 })
    session.set('sum', 1, { expiration: 10 })
  })
  const slow = await web.load(new Request('https://shop.example/', { headers: { cookie: browser.cookie() } }))
  step(slow)
  await visit((session) => ['count', 'sum'].map((key) => session.delete(key)))
  await web.commit(slow, new Response())
  time.now += 9999
  expect(await visit((session) => session.size)).toBe(1)
  time.now += 1
  expect(await visit((session) => [...session.keys()])).toEqual([])
})

test.each([
  ['set', (session: MapSession) => session.set('count', [2])],
  ['increment', (session: MapSession) => session.increment('sum')],
  ['change', (session: MapSession) => session.change('count', () => [2])],
  ['what is done in place', (session: MapSession) => void (session.get('count') as number[]).push(2)],
])('%s keeps the expiry that another request gave an entry meanwhile', async (_, step) => {
  const { visit, web, browser, time, calls } = await openMap()
  const setFor = (expiration: number) => (session: MapSession) => {
    session.set('count', [1], { expiration })
    session.set('sum', 1, { expiration })
  }
  await visit(setFor(10))
  const slow = await web.load(new Request('https://shop.example/', { headers: { cookie: browser.cookie() } }))
  step(slow)
  await visit(setFor(20))
  calls.length = 0
  await web.commit(slow, new Response())
  expect(calls.filter((call) => call === 'update').length).toBeLessThan(3)
  time.now += 19_999
  expect(await visit((session) => session.size)).toBe(2)
  time.now += 1
  expect(await visit((session) => session.size)).toBe(0)
})
