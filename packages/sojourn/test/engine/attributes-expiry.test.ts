// When is a named value gone, and for whom?
import { beforeEach, expect, it } from 'vitest'
import type { Attributes } from '../../src/index.ts'
import { openAttributes } from './open-attributes.ts'
import { codeOf, failure, type OpenEngine } from './open-engine.ts'

let engine: OpenEngine
let attr: Attributes

beforeEach(async () => {
  ;({ engine, attr } = await openAttributes())
})

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
