// Do named values go in and come out as told, with one call of the store each?
import { beforeEach, describe, expect, it } from 'vitest'
import type { Attributes } from '../../src/index.ts'
import { openAttributes, valuesOf } from './open-attributes.ts'
import { failure, type OpenEngine } from './open-engine.ts'

let engine: OpenEngine
let attr: Attributes
let id: string

beforeEach(async () => {
  ;({ engine, attr, id } = await openAttributes())
})

describe('create', () => {
  it('stores what was not there, once', async () => {
    await attr.create('a', null)
    expect(await failure(attr.create('a', 2))).toMatchObject({ code: 'ERR_ATTRIBUTE_EXISTS', status: 409, names: ['a'] })
    expect((await attr.get('a'))?.value).toBeNull()
  })

  it.each([null, 0, '', false, [], {}])('stores %o', async (value) => {
    await attr.create('a', value)
    expect(await attr.get('a')).toMatchObject({ name: 'a', value, isEncrypted: false, expirationTime: null })
  })

  it('of several stores all or none, and names every one in the way', async () => {
    await attr.createMany(
      [
        { name: 'a', value: 1 },
        { name: 'b', value: 2, encrypt: true },
        { name: 'c', value: 3, expiration: 3600 },
      ],
      { expiration: 900 },
    )
    const dict = await attr.toDict()
    expect(dict['a']?.expirationTime).toBe(engine.time.now() + 900_000)
    expect(dict['b']).toMatchObject({ value: 2, isEncrypted: true })
    expect(dict['c']?.expirationTime).toBe(engine.time.now() + 3_600_000)
    const error = await failure(
      attr.createMany([
        { name: 'x', value: 1 },
        { name: 'c', value: 1 },
        { name: 'a', value: 1 },
      ]),
    )
    expect(error).toMatchObject({ code: 'ERR_ATTRIBUTE_EXISTS', names: ['c', 'a'] })
    expect(await attr.exists('x')).toBe(false)
  })

  it('lets one of many at once win', async () => {
    const results = await Promise.allSettled(Array.from({ length: 1000 }, (_, n) => attr.create('one', n)))
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1)
  })
})

describe('set', () => {
  it('keeps the seal and the expiry that are there, and changes them when told', async () => {
    await attr.set('a', 1, { encrypt: true, expiration: 60 })
    const before = await attr.get('a')
    engine.time.advance(10)
    await attr.set('a', 2)
    expect(await attr.get('a')).toEqual({ ...before, value: 2, lastModified: engine.time.now() })
    await attr.set('a', 3, { encrypt: false, expiration: null })
    expect(await attr.get('a')).toMatchObject({ value: 3, isEncrypted: false, expirationTime: null })
    await attr.set('a', 4, { encrypt: true })
    expect(await attr.get('a')).toMatchObject({ value: 4, isEncrypted: true })
  })

  it('of several keeps each one as it was', async () => {
    await attr.setMany([
      { name: 'a', value: 1, encrypt: true },
      { name: 'b', value: 1 },
    ])
    await attr.setMany([
      { name: 'a', value: 2 },
      { name: 'b', value: 2 },
      { name: 'c', value: 2 },
    ])
    expect(await valuesOf(attr)).toEqual({ a: 2, b: 2, c: 2 })
    expect((await attr.get('a'))?.isEncrypted).toBe(true)
    expect((await attr.get('c'))?.isEncrypted).toBe(false)
  })

  it('of 1,000 names at once keeps every one', async () => {
    await Promise.all(Array.from({ length: 1000 }, (_, n) => attr.set(`name-${n}`, n)))
    expect((await attr.names()).length).toBe(1000)
  })
})

describe('reading', () => {
  it('answers every name that was asked for', async () => {
    await attr.setMany([
      { name: 'a', value: 1 },
      { name: '__proto__', value: 2 },
    ])
    expect([...(await attr.getMany(['b', 'a', '__proto__']))].map(([name, found]) => [name, found?.value])).toEqual([
      ['b', undefined],
      ['a', 1],
      ['__proto__', 2],
    ])
    expect(await attr.existsMany(['a', 'b'])).toEqual(
      new Map([
        ['a', true],
        ['b', false],
      ]),
    )
    expect(await attr.get('b')).toBeUndefined()
    expect((await attr.names()).toSorted()).toEqual(['__proto__', 'a'])
    const dict = await attr.toDict()
    expect(Object.getPrototypeOf(dict)).toBe(Object.prototype)
    expect(Object.getOwnPropertyDescriptor(dict, '__proto__')?.value).toMatchObject({ value: 2 })
  })

  it('leaves sealed values closed when told', async () => {
    await attr.setMany([
      { name: 'a', value: 1 },
      { name: 'pin', value: '1234', encrypt: true },
    ])
    expect(await attr.get('pin', { decrypt: false })).toMatchObject({ value: undefined, isEncrypted: true })
    expect((await attr.getMany(['a', 'pin'], { decrypt: false })).get('a')?.value).toBe(1)
    expect((await attr.toDict({ decrypt: false }))['pin']).toMatchObject({ value: undefined, isEncrypted: true })
  })

  it('hides reserved names', async () => {
    const handle = await engine.core.openById(id)
    await engine.core.edit(handle!, [{ kind: 'put', name: '$csrf', value: 1, when: 'absent' }])
    expect(await attr.names()).toEqual([])
    expect(await attr.toDict()).toEqual({})
  })
})

it('every verb is one store call, whatever the number of items', async () => {
  const items = Array.from({ length: 100 }, (_, n) => ({ name: `name-${n}`, value: n }))
  const names = items.map(({ name }) => name)
  const calls = async (use: () => Promise<unknown>) => {
    engine.calls.length = 0
    await use()
    return engine.calls.join(' ')
  }
  expect(await calls(() => attr.createMany(items))).toBe('update')
  expect(await calls(() => attr.setMany(items))).toBe('update')
  expect(await calls(() => attr.updateMany(items))).toBe('update')
  expect(await calls(() => attr.getMany(names))).toBe('load')
  expect(await calls(() => attr.existsMany(names))).toBe('load')
  expect(await calls(() => attr.names())).toBe('load')
  expect(await calls(() => attr.toDict())).toBe('load')
  expect(
    await calls(() =>
      attr.setExpiryMany(
        names.map((name) => ({ name })),
        { expiration: 9 },
      ),
    ),
  ).toBe('update')
  expect(await calls(() => attr.setMany(items, { encrypt: true }))).toBe('update')
  expect(await calls(() => attr.deleteMany(names))).toBe('update')
  expect(await calls(() => attr.createMany(items, { encrypt: true }))).toBe('update')
})
