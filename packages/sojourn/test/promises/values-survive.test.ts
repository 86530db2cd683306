// Does every value that may be stored come back as what it was, plain and sealed, and when that changes?
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeStores } from './stores.ts'
import { openWorld } from './world.ts'

const json = fc.jsonValue({ maxDepth: 3 })
const rich = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    json,
    fc.constantFrom(null, 0, -0, '', false, true, [], {}),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 40 }),
    fc.webUrl().map((url) => new URL(url)),
    fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => new Set(items)),
  ),
})).value

describeStores('values survive', (open, isNear) => {
  it('JSON and rich values, plain and sealed, and flipped from each to the other', async () => {
    const { store } = await open()
    await using world = await openWorld(store)
    const homes = [await world.attr(world.ada.ust), (await world.sso.user.getCurrentUser({ currentUst: world.ada.ust })).attr]
    const runs = fc.asyncProperty(
      rich,
      rich,
      fc.array(fc.constantFrom(true, false, undefined), { maxLength: 3 }),
      async (a, b, flips) => {
        for (const attr of homes) {
          let isSealed = false
          await attr.deleteMany(['x', 'y'])
          await attr.createMany([
            { name: 'x', value: a },
            { name: 'y', value: b, encrypt: true },
          ])
          for (const encrypt of flips) {
            isSealed = encrypt ?? isSealed
            await attr.update('x', a, encrypt === undefined ? {} : { encrypt })
            expect(await attr.get('x')).toMatchObject({ isEncrypted: isSealed })
            expect((await attr.get('x'))?.value).toStrictEqual(a)
          }
          const both = await attr.getMany(['x', 'y'])
          expect(both.get('x')?.value).toStrictEqual(a)
          expect(both.get('y')?.value).toStrictEqual(b)
          expect(both.get('y')?.isEncrypted).toBe(true)
        }
      },
    )
    await fc.assert(runs, { numRuns: isNear ? 30 : 10 })
  })

  it('null, 0, "", false and empty collections are values, in every verb that stores', async () => {
    const { store } = await open()
    await using world = await openWorld(store)
    const attr = await world.attr(world.ada.ust)
    for (const value of [null, 0, '', false, [], {}, new Map(), new Set(), new Uint8Array()]) {
      for (const encrypt of [false, true]) {
        await attr.delete('x')
        await attr.create('x', value, { encrypt })
        for (const write of [
          () => attr.update('x', value),
          () => attr.set('x', value),
          () => attr.updateMany([{ name: 'x', value }]),
        ]) {
          await write()
          expect(await attr.get('x')).toMatchObject({ isEncrypted: encrypt })
          expect((await attr.get('x'))?.value).toStrictEqual(value)
        }
      }
    }
  })
})
