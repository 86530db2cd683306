// Is whatever is given to a verb on attributes either taken or refused by name, with all the values left as they were?
import { inspect } from 'node:util'
import type { Attributes } from 'sojourn'
import { isSojournError } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { expect, it } from 'vitest'
import { requireTidy, withAnything } from './hostile.ts'
import { openWorld } from './world.ts'

/** A verb on attributes and its arguments. */
type Use = readonly [keyof Attributes, ...unknown[]]

/** What there is, in one text. */
async function kept(attr: Attributes): Promise<string> {
  return inspect(await attr.toDict({ decrypt: false }), { depth: null })
}

it('every verb on attributes, with each argument wrong in turn, answers or refuses by name and changes nothing', async () => {
  await using world = await openWorld(memoryStore())
  const homes = [await world.attr(world.ada.ust), (await world.sso.user.getCurrentUser({ currentUst: world.ada.ust })).attr]
  const items = [
    { name: 'a', value: 1 },
    { name: 'b', value: 2, encrypt: true },
  ]
  const fresh = items.map((each) => ({ ...each, name: `new-${each.name}` }))
  const ways = (value: unknown): readonly Use[] => [
    ...(['create', 'set', 'update'] as const).flatMap((verb): Use[] => {
      const name = verb === 'create' ? 'new' : 'b'
      return [
        [verb, value],
        [verb, name, value],
        [verb, name, [{ deep: value }]],
        [verb, name, new Map([[value, value]])],
        [verb, name, 1, value],
        [verb, name, 1, { expiration: value }],
        [verb, name, 1, { encrypt: value }],
        [verb, name, 1, { unknown: value }],
      ]
    }),
    ...(['createMany', 'setMany', 'updateMany', 'setExpiryMany'] as const).flatMap((verb): Use[] => {
      const [first, second] = verb === 'createMany' ? fresh : items
      return [
        [verb, value],
        [verb, [first, value]],
        ...['name', 'value', 'expiration', 'encrypt', 'unknown'].map(
          (field) => [verb, [first, { ...second, [field]: value }]] as const,
        ),
        [verb, [first], value],
        [verb, [first], { expiration: value }],
        [verb, [first], { encrypt: value }],
      ] as Use[]
    }),
    ...(['get', 'exists', 'delete', 'increment', 'setExpiry', 'names', 'toDict'] as const).map((verb) => [verb, value] as const),
    ...(['getMany', 'existsMany', 'deleteMany'] as const).flatMap((verb) => [
      [verb, value] as const,
      [verb, ['a', value]] as const,
    ]),
    ['increment', 'a', value],
    ['setExpiry', 'a', value],
    ['get', 'a', value],
    ['get', 'b', { decrypt: value }],
    ['getMany', ['a', 'b'], value],
    ['toDict', { decrypt: value }],
  ]
  for (const attr of homes) await attr.createMany(items)
  await withAnything(async (value) => {
    for (const attr of homes) {
      let before = await kept(attr)
      for (const [verb, ...args] of ways(value)) {
        try {
          await Reflect.apply(attr[verb], attr, args)
        } catch (error) {
          // A name is told; that is how the caller knows which.
          const isName = args[0] === value || Array.isArray(args[0])
          if (!isName || !isSojournError(error)) requireTidy(error, `${verb} (${args.map((arg) => typeof arg).join(', ')})`)
          expect(await kept(attr), verb).toBe(before)
          continue
        }
        if ((await kept(attr)) === before) continue
        await attr.deleteMany(await attr.names())
        await attr.createMany(items)
        before = await kept(attr)
      }
    }
  })
})
