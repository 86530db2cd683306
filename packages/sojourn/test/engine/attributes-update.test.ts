// Is a change that rests on the value before it exact, however many are made at once?
import { beforeEach, describe, expect, it } from 'vitest'
import type { Attributes } from '../../src/index.ts'
import { openAttributes, valuesOf } from './open-attributes.ts'
import { codeOf, failure, type OpenEngine } from './open-engine.ts'

let engine: OpenEngine
let attr: Attributes

beforeEach(async () => {
  ;({ engine, attr } = await openAttributes())
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
    expect(await valuesOf(attr)).toEqual({ a: 0 })
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
    const { plain, sealed } = (await valuesOf(attr)) as { plain: number[]; sealed: number[] }
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
    expect([calls, await valuesOf(attr)]).toEqual([3, { a: 21 }])
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
    expect(await valuesOf(attr)).toEqual({ a: 2 })
  })
})

describe('increment', () => {
  it('is exact under 1,000 at once, plain and sealed', async () => {
    await attr.set('sealed', 0, { encrypt: true })
    await Promise.all(Array.from({ length: 1000 }, () => [attr.increment('plain'), attr.increment('sealed', 2)]).flat())
    expect(await valuesOf(attr)).toEqual({ plain: 1000, sealed: 2000 })
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
      expect(await failure(attr.increment(name, by))).toMatchObject({
        code: 'ERR_VALUE_UNSUPPORTED',
        names: [name],
        fix: expect.stringContaining('Add only to numbers'),
      })
    }
    for (const by of [Number.NaN, Number.POSITIVE_INFINITY, '1' as unknown as number]) {
      expect(await codeOf(attr.increment('n', by))).toBe('ERR_OPTION_INVALID')
    }
  })
})
