// Do values come back as what they were, and is everything else refused with its path?
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeValue, encodeValue } from '../../src/engine/codec/codec.ts'
import { fromWire, toWire } from '../../src/index.ts'
import { failure } from './open-engine.ts'

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', '$type', '$', '$$', 'toJSON', '\ud800', '\0', 'constructor'),
)
const leaf = fc.oneof(
  text,
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.constantFrom(-0, 0, 1e21, Number.MIN_VALUE, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
  fc.webUrl().map((href) => new URL(href)),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('record'), tie('map'), tie('set')),
  list: fc.array(tie('any'), { maxLength: 5 }),
  record: fc.array(fc.tuple(text, tie('any')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  map: fc.array(fc.tuple(tie('any'), tie('any')), { maxLength: 4 }).map((entries) => new Map(entries)),
  set: fc.array(tie('any'), { maxLength: 4 }).map((items) => new Set(items)),
})).any

describe('values', () => {
  it('come back as what they were, stored and sent', () => {
    fc.assert(
      fc.property(value, (before) => {
        expect(isDeepStrictEqual(decodeValue('x', encodeValue('x', before)), before)).toBe(true)
        expect(isDeepStrictEqual(fromWire(JSON.parse(JSON.stringify(toWire(before)))), before)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('are stored as text that every store can keep', () => {
    fc.assert(
      fc.property(value, (before) => {
        const stored = encodeValue('x', before)
        expect(stored.isWellFormed()).toBe(true)
        expect(stored).not.toContain('\0')
      }),
    )
  })

  it('keep the sign of zero, and a whole number as its digits', () => {
    expect(Object.is(decodeValue('x', encodeValue('x', -0)), -0)).toBe(true)
    expect(encodeValue('x', 42)).toBe('42')
  })

  it("give own keys that begin with $ a second one, and read nobody else's $type", () => {
    const mine = { $type: 'Date', value: 'x', $$: 1, nested: { $type: 'Map', value: [] } }
    expect(toWire(mine)).toEqual({ $$type: 'Date', value: 'x', $$$: 1, nested: { $$type: 'Map', value: [] } })
    expect(fromWire(toWire(mine))).toStrictEqual(mine)
  })

  it('do not reach prototypes through __proto__', () => {
    const evil = JSON.parse('{"__proto__": {"polluted": true}, "$x": {"$type": "Map", "value": []}}') as Record<string, unknown>
    const back = decodeValue('x', encodeValue('x', evil)) as Record<string, unknown>
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(Object.hasOwn(back, '__proto__')).toBe(true)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

class Cart {
  items = []
}
class Empty {}
const loop: Record<string, unknown> = { a: [] }
loop['a'] = [loop]
const sparse = [1, 2, 3]
delete sparse[1]
const named = Object.assign([1], { extra: 2 })
let deep: unknown = 0
for (let level = 0; level < 100_000; level += 1) deep = [deep]

const REFUSED: readonly [what: string, value: unknown, path: string][] = [
  ['undefined', undefined, 'cart'],
  ['undefined inside', { a: [{ b: undefined }] }, 'cart.a[0].b'],
  ['NaN', { n: Number.NaN }, 'cart.n'],
  ['an infinity', [1, -Infinity], 'cart[1]'],
  ['a function', { 'do it': () => 1 }, 'cart["do it"]'],
  ['a symbol', [Symbol('x')], 'cart[0]'],
  ['a symbol as a key', { a: { [Symbol('x')]: 1 } }, 'cart.a'],
  ['a cycle', loop, 'cart.a[0]'],
  ['a cycle through a map', (() => new Map<string, unknown>().set('a', new Set([loop])))(), 'cart[0][1][0].a[0]'],
  ['a class instance', { cart: new Cart() }, 'cart.cart'],
  ['an empty class instance', { cart: new Empty() }, 'cart.cart'],
  ['a subclass of Map', new (class extends Map {})(), 'cart'],
  ['a Date with more to it', Object.assign(new Date(), { more: 1 }), 'cart'],
  ['an invalid Date', [new Date(Number.NaN)], 'cart[0]'],
  ['a RegExp', /x/, 'cart'],
  ['an Error', new Error('x'), 'cart'],
  ['a Promise', Promise.resolve(1), 'cart'],
  ['a Buffer', { b: Buffer.from('x') }, 'cart.b'],
  ['another typed array', new Float64Array(1), 'cart'],
  ['a sparse array', sparse, 'cart'],
  ['an array with names', named, 'cart'],
  ['a boxed number', Object(1), 'cart'],
  ['NaN as a key of a map', new Map([[Number.NaN, 1]]), 'cart[0][0]'],
]

describe('what cannot be stored', () => {
  it.each(REFUSED)('%s is refused, naming the path', async (_what, refused, path) => {
    const error = await failure(() => encodeValue('cart', refused))
    expect(error.code).toBe('ERR_VALUE_UNSUPPORTED')
    expect(error.message).toContain(`\`${path}\``)
  })

  it('too many levels are refused, not a stack overflow', async () => {
    const error = await failure(() => encodeValue('cart', deep))
    expect(error.code).toBe('ERR_VALUE_UNSUPPORTED')
    expect(error.message.length).toBeLessThan(400)
    expect((await failure(() => fromWire(deep))).code).toBe('ERR_VALUE_UNSUPPORTED')
  })

  it('as many levels as are allowed come back', () => {
    let most: unknown = 0
    for (let level = 0; level < 500; level += 1) most = [most]
    expect(JSON.stringify(decodeValue('x', encodeValue('x', most)))).toBe(JSON.stringify(most))
  })

  it('parts that are shared until they explode are refused', async () => {
    let shared: unknown = 'x'
    for (let level = 0; level < 60; level += 1) shared = [shared, shared]
    expect((await failure(() => encodeValue('cart', shared))).code).toBe('ERR_VALUE_TOO_LARGE')
  })

  it('shared parts come back as copies', () => {
    const one = { a: 1 }
    expect(decodeValue('x', encodeValue('x', [one, one]))).toStrictEqual([{ a: 1 }, { a: 1 }])
  })
})

describe('what is sent by strangers', () => {
  it.each([
    [{ $type: 'Date', value: 'tomorrow' }],
    [{ $type: 'Date', value: '2025-01-01' }],
    [{ $type: 'Date', value: '2025-13-41T00:00:00Z' }],
    [{ $type: 'Date', value: 5 }],
    [{ $type: 'Date' }],
    [{ $type: 'Date', value: '2025-01-01T00:00:00Z', more: 1 }],
    [{ $type: 'bigint', value: '1e5' }],
    [{ $type: 'bigint', value: '-0' }],
    [{ $type: 'number', value: '7' }],
    [{ $type: 'URL', value: 'nowhere' }],
    [{ $type: 'Uint8Array', value: '***' }],
    [{ $type: 'Map', value: [[1]] }],
    [{ $type: 'Map', value: [5] }],
    [{ $type: 'Map', value: 'x' }],
    [{ $type: 'Set', value: {} }],
    [{ $type: 'List', value: [] }],
    [{ $type: 'Function', value: 'x' }],
    [{ $type: 7, value: [] }],
    [{ $other: 1 }],
    [Number.POSITIVE_INFINITY],
    [undefined],
  ])('%o is refused', async (wire) => {
    expect((await failure(() => fromWire({ a: [wire] }))).message).toMatch(/`value\.a\[0\]/)
  })

  it('instants are taken to the second and to the millisecond', () => {
    expect(fromWire({ $type: 'Date', value: '2025-01-01T00:00:00Z' })).toStrictEqual(new Date('2025-01-01T00:00:00Z'))
    expect(fromWire({ $type: 'Date', value: '-000001-01-01T00:00:00.000Z' })).toStrictEqual(
      new Date('-000001-01-01T00:00:00.000Z'),
    )
  })
})

it('stored text that is no value is corruption, and the error does not quote it', async () => {
  for (const stored of ['{', '{"$type":"Date","value":"hidden"}', '']) {
    const error = await failure(() => decodeValue('x', stored))
    expect(error.code).toBe('ERR_STORE_CORRUPT')
    expect(JSON.stringify(error) + error.message).not.toContain('hidden')
  }
})
