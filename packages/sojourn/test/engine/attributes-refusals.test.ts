// What do the verbs on named values refuse, and before what?
import { beforeEach, describe, expect, it } from 'vitest'
import type { Attributes } from '../../src/index.ts'
import { openAttributes } from './open-attributes.ts'
import { codeOf, failure, type OpenEngine } from './open-engine.ts'

let engine: OpenEngine
let attr: Attributes

beforeEach(async () => {
  ;({ engine, attr } = await openAttributes())
})

describe('every verb', () => {
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
