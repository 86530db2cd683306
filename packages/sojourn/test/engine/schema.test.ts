// Do declared attributes get their types, their validation and their defaults?
import { describe, expect, expectTypeOf, it } from 'vitest'
import { attribute, type StandardSchema } from '../../src/index.ts'
import { codeOf, failure, openEngine } from './open-engine.ts'

const text: StandardSchema<string> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'string' ? { value: value.trim() } : { issues: [{ message: `Expected text, received ${String(value)}` }] },
  },
}
const cart: StandardSchema<{ items: string[] }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value) =>
      Array.isArray(Object(value).items)
        ? { value: value as { items: string[] } }
        : { issues: [{ message: 'No.', path: ['items', { key: 0 }] }] },
  },
}
const attributes = {
  cart: attribute(cart),
  ssn: attribute(text, { encrypt: true }),
  otp: attribute(text, { expiration: 300 }),
  tries: attribute<number>(
    { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: Number(value) }) } },
    { expiration: 60, encrypt: true },
  ),
  lives: attribute<number>({
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => (Number(value) <= 3 ? { value: Number(value) } : { issues: [{ message: 'Too many.' }] }),
    },
  }),
}
const opened = async () => {
  const engine = openEngine({ attributes })
  return { engine, ...(await engine.sessions.start({ principal: 'anna', attributes: { ssn: ' 123 ', other: 5 } })) }
}

describe('a declared attribute', () => {
  it('has its type', async () => {
    const { session } = await opened()
    await session.attr.set('cart', { items: [] })
    const found = await session.attr.get('cart')
    expectTypeOf(found?.value).toEqualTypeOf<{ items: string[] } | undefined>()
    expectTypeOf((await session.attr.get('other'))?.value).toEqualTypeOf<unknown>()
    // @ts-expect-error: it is no cart.
    await session.attr.set('cart', 5).catch(() => undefined)
    await session.attr.update('cart', (old) => ({ items: [...old.items, 'x'] }))
    expect((await session.attr.get('cart'))?.value).toEqual({ items: ['x'] })
  })

  it('is validated by every verb, and stored as its schema makes it', async () => {
    const { session } = await opened()
    const attr = session.attr
    expect(await attr.get('ssn')).toMatchObject({ value: '123', isEncrypted: true })
    await attr.set('otp', ' 5 ')
    expect((await attr.get('otp'))?.value).toBe('5')
    await attr.update('otp', () => ' 6 ')
    expect((await attr.get('otp'))?.value).toBe('6')
    const wrong = [
      attr.create('cart', 5 as never),
      attr.set('otp', 5 as never),
      attr.update('ssn', 5 as never),
      attr.update('ssn', (() => 5) as never),
      attr.setMany([
        { name: 'fine', value: 1 },
        { name: 'otp', value: 5 },
      ]),
    ]
    for (const use of wrong) expect(await codeOf(use)).toBe('ERR_OPTION_INVALID')
    expect((await attr.names()).toSorted()).toEqual(['other', 'otp', 'ssn'])
  })

  it('is refused with its path, without what its schema says of the value', async () => {
    const { session } = await opened()
    const error = await failure(session.attr.set('otp', 987654 as never))
    expect(error).toMatchObject({ names: ['otp'], errors: [{ field: 'otp', reason: 'does not fit the schema' }] })
    expect(error.message).not.toContain('987654')
    expect((await failure(session.attr.set('cart', {} as never))).errors[0]?.field).toBe('cart.items.0')
  })

  it('is sealed and expires as declared, unless a call says otherwise', async () => {
    const { engine, session } = await opened()
    await session.attr.set('otp', '1')
    expect((await session.attr.get('otp'))?.expirationTime).toBe(engine.time.now() + 300_000)
    engine.time.advance(100)
    await session.attr.update('otp', '2')
    expect((await session.attr.get('otp'))?.expirationTime).toBe(engine.time.now() + 200_000)
    await session.attr.set('otp', '3')
    expect((await session.attr.get('otp'))?.expirationTime).toBe(engine.time.now() + 300_000)
    await session.attr.set('otp', '4', { expiration: null })
    expect((await session.attr.get('otp'))?.expirationTime).toBeNull()
    await session.attr.set('ssn', '5', { encrypt: false })
    expect((await session.attr.get('ssn'))?.isEncrypted).toBe(false)
  })

  it('that is counted keeps the expiry of its first count', async () => {
    const { engine, session } = await opened()
    const ends = engine.time.now() + 60_000
    expect(await session.attr.increment('tries')).toBe(1)
    engine.time.advance(30)
    expect(await session.attr.increment('tries')).toBe(2)
    expect(await session.attr.get('tries')).toMatchObject({ value: 2, expirationTime: ends, isEncrypted: true })
    engine.time.advance(30)
    expect(await session.attr.increment('tries')).toBe(1)
  })

  it('that is counted is validated with each sum, of any number at once', async () => {
    const { session } = await opened()
    expect(await codeOf(session.attr.increment('cart'))).toBe('ERR_OPTION_INVALID')
    expect(await session.attr.exists('cart')).toBe(false)
    const sums = await Promise.all(Array.from({ length: 5 }, () => session.attr.increment('lives').catch(() => 'refused')))
    expect(sums).toEqual([1, 2, 3, 'refused', 'refused'])
    expect((await session.attr.get('lives'))?.value).toBe(3)
  })

  it('is not found by names that every object has', async () => {
    const { session } = await opened()
    await session.attr.set('constructor', 1)
    await session.attr.set('__proto__', 1)
    expect(await session.attr.exists('__proto__')).toBe(true)
  })

  it.each([[5], [{}], [{ '~standard': {} }], [null]])('needs a schema: %o', async (schema) => {
    expect(await codeOf(() => attribute(schema as never))).toBe('ERR_OPTION_INVALID')
  })

  it.each([[{ encrypt: 1 }], [{ expiration: 0 }], [{ expiration: null }], [{ ttl: 5 }], [5]])(
    'needs defaults that are right: %o',
    async (defaults) => {
      expect(await codeOf(() => attribute(text, defaults as never))).toBe('ERR_OPTION_INVALID')
    },
  )
})
