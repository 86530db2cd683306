// Does every verb on named values keep its rules?
import { beforeEach, describe, expect, it } from 'vitest'
import type { Attributes } from '../../src/index.ts'
import { codeOf, failure, type OpenEngine, openEngine } from './open-engine.ts'

let engine: OpenEngine
let attr: Attributes
let id: string

beforeEach(async () => {
  engine = openEngine()
  const { session } = await engine.sessions.start({ principal: 'anna' })
  attr = session.attr
  id = session.id
  engine.calls.length = 0
})

const values = async () => Object.fromEntries(Object.entries(await attr.toDict()).map(([name, { value }]) => [name, value]))

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
    expect(await values()).toEqual({ a: 2, b: 2, c: 2 })
    expect((await attr.get('a'))?.isEncrypted).toBe(true)
    expect((await attr.get('c'))?.isEncrypted).toBe(false)
  })

  it('of 1,000 names at once keeps every one', async () => {
    await Promise.all(Array.from({ length: 1000 }, (_, n) => attr.set(`name-${n}`, n)))
    expect((await attr.names()).length).toBe(1000)
  })
})

describe('update', () => {
  it('replaces what is there and nothing else', async () => {
    expect(await failure(attr.update('a', 1))).toMatchObject({ code: 'ERR_ATTRIBUTE_MISSING', names: ['a'] })
    await attr.create('a', 1, { encrypt: true })
    await attr.update('a', 0)
    expect(await attr.get('a')).toMatchObject({ value: 0, isEncrypted: true })
    expect(
      await failure(
        attr.updateMany([
          { name: 'a', value: 5 },
          { name: 'b', value: 5 },
        ]),
      ),
    ).toMatchObject({ code: 'ERR_ATTRIBUTE_MISSING', names: ['b'] })
    expect(await values()).toEqual({ a: 0 })
    await attr.updateMany([{ name: 'a', value: 6 }], { encrypt: false, expiration: 5 })
    expect(await attr.get('a')).toMatchObject({ value: 6, isEncrypted: false, expirationTime: engine.time.now() + 5000 })
  })

  it('by a function loses no change of many at once, plain and sealed', async () => {
    await attr.setMany([
      { name: 'plain', value: [] },
      { name: 'sealed', value: [], encrypt: true },
    ])
    const adding = (n: number) => async (old: number[]) => {
      await Promise.resolve()
      return [...old, n]
    }
    await Promise.all(
      Array.from({ length: 200 }, (_, n) => [attr.update('plain', adding(n)), attr.update('sealed', adding(n))]).flat(),
    )
    const { plain, sealed } = (await values()) as { plain: number[]; sealed: number[] }
    expect(plain.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n))
    expect(sealed.length).toBe(200)
    expect((await attr.get('sealed'))?.isEncrypted).toBe(true)
  })

  it('by a function calls it again when somebody outside the queue was faster', async () => {
    await attr.set('a', 1)
    let calls = 0
    await attr.update('a', async (old: number) => {
      calls += 1
      if (calls < 3) await attr.set('a', 10 * calls)
      return old + 1
    })
    expect([calls, await values()]).toEqual([3, { a: 21 }])
  })

  it('by a function gives up when others are faster each time', async () => {
    await attr.set('a', 0)
    const error = failure(
      attr.update('a', async (old: number) => {
        await attr.set('a', old + 1)
        return -1
      }),
    )
    expect(await error).toMatchObject({ code: 'ERR_ATTRIBUTE_CONFLICT', names: ['a'] })
    expect((await attr.get('a'))?.value).toBeGreaterThan(0)
  })

  it('by a function keeps the seal that came meanwhile', async () => {
    await attr.set('a', 1)
    let isFirst = true
    await attr.update('a', async (old: number) => {
      if (isFirst) await attr.set('a', old + 1, { encrypt: true })
      isFirst = false
      return old * 10
    })
    expect(await attr.get('a')).toMatchObject({ value: 20, isEncrypted: true })
  })

  it('by a function of what is missing, or is taken away meanwhile, is refused', async () => {
    expect(await codeOf(attr.update('a', () => 1))).toBe('ERR_ATTRIBUTE_MISSING')
    await attr.set('a', 1)
    expect(
      await codeOf(
        attr.update('a', async () => {
          await attr.delete('a')
          return 1
        }),
      ),
    ).toBe('ERR_ATTRIBUTE_MISSING')
  })

  it('passes on what the function throws, and lets the next one in', async () => {
    await attr.set('a', 1)
    const thrown = new Error('mine')
    expect(
      await failure(
        attr.update('a', () => {
          throw thrown
        }),
      ),
    ).toBe(thrown)
    await attr.update('a', (old: number) => old + 1)
    expect(await values()).toEqual({ a: 2 })
  })
})

describe('increment', () => {
  it('is exact under 1,000 at once, plain and sealed', async () => {
    await attr.set('sealed', 0, { encrypt: true })
    await Promise.all(Array.from({ length: 1000 }, () => [attr.increment('plain'), attr.increment('sealed', 2)]).flat())
    expect(await values()).toEqual({ plain: 1000, sealed: 2000 })
    expect((await attr.get('sealed'))?.isEncrypted).toBe(true)
  })

  it('takes one store call, answers the sum, and keeps the expiry', async () => {
    await attr.set('n', 5, { expiration: 60 })
    engine.calls.length = 0
    expect(await attr.increment('n', -7)).toBe(-2)
    expect(engine.calls).toEqual(['update'])
    expect((await attr.get('n'))?.expirationTime).toBe(engine.time.now() + 60_000)
    expect(Object.is(await attr.increment('zero', -0), 0)).toBe(true)
  })

  it('adds fractions too, and refuses what is no number or not exact any more', async () => {
    await attr.set('price', 1.5)
    expect(await attr.increment('price', 1)).toBe(2.5)
    expect(await attr.increment('price', 0.25)).toBe(2.75)
    expect(await attr.increment('new', 0.5)).toBe(0.5)
    await attr.setMany([
      { name: 'text', value: '5' },
      { name: 'big', value: Number.MAX_SAFE_INTEGER },
      { name: 'huge', value: Number.MAX_VALUE },
    ])
    for (const [name, by] of [
      ['text', 1],
      ['big', 1],
      ['huge', Number.MAX_VALUE],
      ['new', 2 ** 60],
    ] as const) {
      if (name === 'new') await attr.set('new', 1)
      expect(await failure(attr.increment(name, by))).toMatchObject({ code: 'ERR_VALUE_UNSUPPORTED', names: [name] })
    }
    for (const by of [Number.NaN, Number.POSITIVE_INFINITY, '1' as unknown as number]) {
      expect(await codeOf(attr.increment('n', by))).toBe('ERR_OPTION_INVALID')
    }
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

describe('delete and expiry', () => {
  it('deletes what is there and does not mind what is not', async () => {
    await attr.setMany([
      { name: 'a', value: 1 },
      { name: 'b', value: 1 },
      { name: 'c', value: 1 },
    ])
    await attr.delete('a')
    await attr.delete('a')
    await attr.deleteMany(['b', 'x'])
    expect(await attr.names()).toEqual(['c'])
  })

  it('an expired one is absent for every verb, at that instant', async () => {
    const names = ['a', 'b', 'c']
    await attr.setMany(
      names.map((name) => ({ name, value: 1 })),
      { expiration: 60 },
    )
    engine.time.advance(59.999)
    expect(await attr.names()).toEqual(names)
    engine.time.advance(0.001)
    expect(await attr.names()).toEqual([])
    expect(await attr.get('a')).toBeUndefined()
    expect(await attr.exists('a')).toBe(false)
    expect(await attr.toDict()).toEqual({})
    expect(await codeOf(attr.update('a', 2))).toBe('ERR_ATTRIBUTE_MISSING')
    expect(await codeOf(attr.update('a', () => 2))).toBe('ERR_ATTRIBUTE_MISSING')
    expect(await codeOf(attr.setExpiry('a', 60))).toBe('ERR_ATTRIBUTE_MISSING')
    await attr.create('a', 3)
    expect(await attr.increment('b')).toBe(1)
    await attr.set('c', 4)
    expect((await attr.get('c'))?.expirationTime).toBeNull()
  })

  it('setExpiry counts from now, null is for ever, and a missing one is refused', async () => {
    await attr.setMany([
      { name: 'a', value: 1 },
      { name: 'b', value: 1, encrypt: true },
    ])
    await attr.setExpiry('a', 0.0001)
    engine.time.advance(0.001)
    expect(await attr.exists('a')).toBe(false)
    await attr.setExpiryMany([{ name: 'b', expiration: 10 }], { expiration: 5 })
    expect(await attr.get('b')).toMatchObject({ value: 1, isEncrypted: true, expirationTime: engine.time.now() + 10_000 })
    await attr.setExpiry('b', null)
    expect((await attr.get('b'))?.expirationTime).toBeNull()
    expect(await failure(attr.setExpiryMany([{ name: 'b' }, { name: 'x' }], { expiration: 5 }))).toMatchObject({
      code: 'ERR_ATTRIBUTE_MISSING',
      names: ['x'],
    })
    expect((await attr.get('b'))?.expirationTime).toBeNull()
    await attr.setExpiry('b', Number.MAX_VALUE)
    expect(await attr.exists('b')).toBe(true)
  })

  it('ends with its session, whatever its own expiry', async () => {
    await attr.set('a', 1, { expiration: 1_000_000 })
    engine.time.advance(3600)
    const uses = [
      attr.create('b', 1),
      attr.createMany([]),
      attr.set('a', 1),
      attr.setMany([]),
      attr.update('a', 1),
      attr.update('a', () => 1),
      attr.updateMany([]),
      attr.increment('n'),
      attr.get('a'),
      attr.getMany(['a']),
      attr.getMany([]),
      attr.exists('a'),
      attr.existsMany([]),
      attr.names(),
      attr.delete('a'),
      attr.deleteMany([]),
      attr.setExpiry('a', 1),
      attr.setExpiryMany([]),
      attr.toDict(),
    ]
    for (const use of uses) expect(await codeOf(use)).toBe('ERR_SESSION_ENDED')
  })
})

describe('every verb', () => {
  it('is one store call, whatever the number of items', async () => {
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

  it.each<[string, (attr: Attributes) => Promise<unknown>, string]>([
    ['an empty name', (a) => a.set('', 1), 'name'],
    ['a name that is no text', (a) => a.set(5 as unknown as string, 1), 'name'],
    ['a reserved name', (a) => a.create('$csrf', 1), 'name'],
    ['a control character', (a) => a.get('a\u0007'), 'name'],
    ['a later control character', (a) => a.get('a\u0085'), 'name'],
    ['half a character', (a) => a.exists('\ud800'), 'name'],
    ['a name of 192 characters', (a) => a.set('x'.repeat(192), 1), 'name'],
    [
      'a name twice',
      (a) =>
        a.setMany([
          { name: 'a', value: 1 },
          { name: 'a', value: 2 },
        ]),
      'name',
    ],
    ['a name twice to read', (a) => a.getMany(['a', 'a']), 'name'],
    [
      'a name twice to expire',
      (a) =>
        a.setExpiryMany([
          { name: 'a', expiration: 1 },
          { name: 'a', expiration: 1 },
        ]),
      'name',
    ],
    ['no list', (a) => a.createMany({ name: 'a', value: 1 } as never), 'items'],
    ['no names', (a) => a.deleteMany('a' as never), 'names'],
    ['an item that is none', (a) => a.createMany(['a' as never]), 'items[0]'],
    ['an item without a name', (a) => a.createMany([{ name: 'a', value: 1 }, { value: 1 } as never]), 'items[1].name'],
    ['an unknown field of an item', (a) => a.createMany([{ name: 'a', value: 1, ttl: 5 } as never]), 'items[0].ttl'],
    ['an unknown option', (a) => a.set('a', 1, { expires: 5 } as never), 'expires'],
    ['options that are none', (a) => a.set('a', 1, 60 as never), 'options'],
    ['encrypt that is no boolean', (a) => a.set('a', 1, { encrypt: 'yes' as never }), 'encrypt'],
    ['decrypt that is no boolean', (a) => a.get('a', { decrypt: 1 as never }), 'decrypt'],
    ['an expiration of 0', (a) => a.set('a', 1, { expiration: 0 }), 'expiration'],
    ['a negative one', (a) => a.create('a', 1, { expiration: -5 }), 'expiration'],
    ['one that is not finite', (a) => a.update('a', 1, { expiration: Number.POSITIVE_INFINITY }), 'expiration'],
    ['one that is no number', (a) => a.setMany([{ name: 'a', value: 1, expiration: '60' as never }]), 'items[0].expiration'],
    ['no expiration', (a) => a.setExpiry('a', undefined as never), 'expiration'],
    ['no expiration of an item', (a) => a.setExpiryMany([{ name: 'a' }]), 'items[0].expiration'],
  ])('refuses %s before the store is asked', async (_what, use, field) => {
    const error = await failure(use(attr))
    expect(error.code).toBe('ERR_OPTION_INVALID')
    expect(error.errors[0]?.field).toBe(field)
    expect(engine.calls).toEqual([])
  })

  it('takes names as they are: 191 characters, of any script', async () => {
    const names = ['x'.repeat(191), '\u{1F600}'.repeat(191), 'a b', 'ä', 'constructor', '__proto__', 'a$']
    await attr.setMany(names.map((name) => ({ name, value: name })))
    expect((await attr.names()).toSorted()).toEqual(names.toSorted())
    expect(await codeOf(attr.set('\u{1F600}'.repeat(192), 1))).toBe('ERR_OPTION_INVALID')
  })

  it('refuses values that cannot be stored, naming attribute and path, and changes nothing', async () => {
    const error = await failure(
      attr.setMany([
        { name: 'ok', value: 1 },
        { name: 'cart', value: { items: [undefined] } },
      ]),
    )
    expect(error.code).toBe('ERR_VALUE_UNSUPPORTED')
    expect(error.message).toContain('cart.items[0]')
    expect(await codeOf(attr.createMany([{ name: 'a' } as never]))).toBe('ERR_VALUE_UNSUPPORTED')
    expect(await attr.names()).toEqual([])
  })
})

describe('limits', () => {
  it('a value takes 256 KiB and not a byte more', async () => {
    await attr.set('most', 'x'.repeat(262_142))
    expect(await failure(attr.set('more', 'x'.repeat(262_143)))).toMatchObject({
      code: 'ERR_VALUE_TOO_LARGE',
      status: 413,
      names: ['more'],
    })
    expect(await codeOf(attr.set('more', 'ä'.repeat(131_072)))).toBe('ERR_VALUE_TOO_LARGE')
    expect(await attr.names()).toEqual(['most'])
  })

  it('a session takes 2,000 attributes; expired ones do not count', async () => {
    const many = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => ({ name: `${prefix}${n}`, value: n }))
    await attr.setMany(many('old', 1000), { expiration: 10 })
    await attr.setMany(many('new', 1000))
    expect(await codeOf(attr.set('more', 1))).toBe('ERR_VALUE_TOO_LARGE')
    expect(await codeOf(attr.increment('more'))).toBe('ERR_VALUE_TOO_LARGE')
    await attr.set('new5', 'changed')
    engine.time.advance(10)
    await attr.set('more', 1)
    expect((await attr.names()).length).toBe(1001)
    expect(await codeOf(attr.createMany(many('bulk', 2001)))).toBe('ERR_VALUE_TOO_LARGE')
  })

  it('a session takes 1 MiB', async () => {
    const value = 'x'.repeat(262_000)
    for (let n = 0; n < 4; n += 1) await attr.set(`part-${n}`, value)
    expect(await codeOf(attr.set('part-4', 'x'.repeat(10_000)))).toBe('ERR_VALUE_TOO_LARGE')
    await attr.delete('part-0')
    await attr.set('part-4', value)
  })

  it('hold from the start', async () => {
    const start = (attributes: Record<string, unknown>) => codeOf(engine.sessions.start({ principal: null, attributes }))
    const entries = (count: number, value: unknown) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, value]))
    engine.calls.length = 0
    expect(await start(entries(2001, 1))).toBe('ERR_VALUE_TOO_LARGE')
    expect(await start(entries(5, 'x'.repeat(250_000)))).toBe('ERR_VALUE_TOO_LARGE')
    expect(await start({ a: 'x'.repeat(262_143) })).toBe('ERR_VALUE_TOO_LARGE')
    expect(await start({ $a: 1 })).toBe('ERR_OPTION_INVALID')
    expect(await start({ a: undefined })).toBe('ERR_VALUE_UNSUPPORTED')
    expect(engine.calls).toEqual([])
  })
})
