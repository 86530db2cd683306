// Are declared entries checked, sealed and expired as they were declared?
import { attribute } from 'sojourn'
import { expect, test } from 'vitest'
import { NAME, openShop, type ShopSession } from './support/shop.ts'

test('declared entries are checked, sealed and expire as declared', async () => {
  const number = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) => (typeof value === 'number' ? { value } : { issues: [{ message: 'no' }] }),
    },
  } as const
  const { load, commit, sso, time } = await openShop('memory', {
    attributes: { note: attribute(number, { encrypt: true, expiration: 60 }) },
  })
  const first = await load('')
  expect(() => first.set('note', 'text')).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID', names: ['note'] }))
  first.set('note', 5 as never)
  const cookie = (await commit(first)).headers.getSetCookie()[0]!.split(';')[0]!
  const attr = (await sso.sessions.resume(cookie.slice(NAME.length + 1)))!.session.attr
  expect(await attr.get('note')).toMatchObject({ value: 5, isEncrypted: true, expirationTime: time.now + 60_000 })
  const second = await load(cookie)
  second.increment('note')
  await commit(second)
  expect(await attr.get('note')).toMatchObject({ value: 6, isEncrypted: true, expirationTime: time.now + 60_000 })
  const third = await load(cookie)
  third.delete('note')
  third.change('note', (old) => (Number(old ?? 0) + 10) as never)
  await commit(third)
  expect(await attr.get('note')).toMatchObject({ value: 10, isEncrypted: true })
})

test.each([
  ['increment', (session: ShopSession) => session.increment('count', 2)],
  ['change', (session: ShopSession) => session.change('count', (old) => (old ?? 0) + 2)],
])('what %s comes to on the value of a faster request is checked as well', async (_, step) => {
  const atMostTen = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) => (Number(value) <= 10 ? { value: Number(value) } : { issues: [{ message: 'no' }] }),
    },
  } as const
  const { load, commit } = await openShop('memory', { attributes: { count: attribute(atMostTen) } })
  const first = await load('')
  first.set('count', 6)
  const cookie = (await commit(first)).headers.getSetCookie()[0]!.split(';')[0]!
  const tabs = [await load(cookie), await load(cookie), await load(cookie)] as const
  for (const tab of tabs) step(tab)
  await commit(tabs[0])
  await commit(tabs[1])
  await expect(commit(tabs[2])).rejects.toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID', names: ['count'] }))
  expect((await load(cookie)).get('count')).toBe(10)
})

test('each of several steps on an entry meets what its schema made of the one before, also where another request was faster', async () => {
  const upToTen = {
    '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value: Math.min(10, Number(value)) }) },
  } as const
  const { load, commit } = await openShop('memory', { attributes: { count: attribute(upToTen) } })
  const first = await load('')
  first.set('count', 6)
  const cookie = (await commit(first)).headers.getSetCookie()[0]!.split(';')[0]!
  const [alone, adding, changing] = [await load(cookie), await load(cookie), await load(cookie)]
  for (const tab of [alone, adding]) {
    tab.increment('count', 9)
    tab.increment('count', -3)
    expect(tab.get('count')).toBe(7)
  }
  changing.increment('count', 9)
  changing.change('count', (old) => (old ?? 0) - 3)
  for (const tab of [alone, adding, changing]) {
    await commit(tab)
    expect((await load(cookie)).get('count')).toBe(7)
  }
})

const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const

test.each([
  ['set', (session: ShopSession) => session.set('count', 7)],
  ['increment', (session: ShopSession) => session.increment('count')],
  ['change', (session: ShopSession) => session.change('count', (old) => (old ?? 0) + 1)],
  ['what is done in place', (session: ShopSession) => void session.get('cart')?.push('pen')],
])(
  'an entry that was read sealed is never stored plain by %s, also where another request deleted it meanwhile',
  async (_, step) => {
    const { load, commit, sso } = await openShop('memory', { attributes: { count: attribute(anything, { encrypt: true }) } })
    const first = await load('')
    first.set('count', 1)
    first.set('cart', ['ink'], { encrypt: true })
    const cookie = (await commit(first)).headers.getSetCookie()[0]!.split(';')[0]!
    const [slow, fast] = [await load(cookie), await load(cookie)]
    step(slow)
    fast.delete('count')
    fast.delete('cart')
    await commit(fast)
    await commit(slow)
    const stored = await (await sso.sessions.resume(cookie.slice(NAME.length + 1)))!.session.attr.toDict()
    expect(Object.values(stored).map(({ isEncrypted }) => isEncrypted)).toEqual([true])
  },
)

test('what is done in place to a declared entry is checked when it is saved, in a session that is new as well', async () => {
  const atMostTwo = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) => ((value as string[]).length <= 2 ? { value } : { issues: [{ message: 'no' }] }),
    },
  } as const
  const { load, commit } = await openShop('memory', { attributes: { cart: attribute(atMostTwo) } })
  const begin = async (...more: string[]) => {
    const session = await load('')
    session.set('cart', ['tea'])
    session.require('cart').push(...more)
    return (await commit(session)).headers.getSetCookie()[0]!.split(';')[0]!
  }
  const refused = { code: 'ERR_OPTION_INVALID', names: ['cart'] }
  await expect(begin('milk', 'bread')).rejects.toMatchObject(refused)
  const cookie = await begin('milk')
  const session = await load(cookie)
  session.require('cart').push('bread')
  await expect(commit(session)).rejects.toMatchObject(refused)
  expect((await load(cookie)).get('cart')).toEqual(['tea', 'milk'])
})

test.each([
  ['increment', (session: ShopSession) => session.increment('count')],
  ['change', (session: ShopSession) => session.change('count', (old) => (old ?? 0) + 1)],
])('%s leaves an entry its expiry, also one that its request has set or taken over', async (_, step) => {
  const { load, commit, sso, time } = await openShop('memory', { attributes: { count: attribute(anything, { expiration: 60 }) } })
  const begin = time.now
  let cookie = ''
  const visit = async (work: (session: ShopSession) => void) => {
    const session = await load(cookie)
    work(session)
    const [line] = (await commit(session)).headers.getSetCookie()
    cookie = line?.split(';')[0] ?? cookie
    const { attr } = (await sso.sessions.resume(cookie.slice(NAME.length + 1)))!.session
    return (await attr.get('count'))?.expirationTime
  }
  const setAndStep = (session: ShopSession) => {
    session.set('count', 1, { expiration: 600 })
    step(session)
  }
  expect(await visit(setAndStep)).toBe(begin + 600_000)
  time.now += 1000
  expect(await visit(setAndStep)).toBe(begin + 601_000)
  const takeOver = (session: ShopSession) => {
    session.reset({ keep: ['count'] })
    step(session)
  }
  expect(await visit(takeOver)).toBe(begin + 601_000)
  const beginAnew = (session: ShopSession) => {
    session.delete('count')
    step(session)
  }
  expect(await visit(beginAnew)).toBe(begin + 61_000)
})
