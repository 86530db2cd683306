// Does a bulk call with one bad item change nothing, and name the item?
import type { Attributes } from 'sojourn'
import { expect, it } from 'vitest'
import { describeStores } from './stores.ts'
import { openWorld } from './world.ts'

type Bad = readonly [what: string, call: (attr: Attributes) => Promise<unknown>, code: string, named: string]

const good = { name: 'good', value: 'new' }
const item = (more: object) => ({ name: 'bad', value: 'new', ...more }) as never
const BAD: readonly Bad[] = [
  ['create what exists', (attr) => attr.createMany([{ name: 'fresh', value: 1 }, good]), 'ERR_ATTRIBUTE_EXISTS', 'good'],
  ['update what is missing', (attr) => attr.updateMany([good, item({})]), 'ERR_ATTRIBUTE_MISSING', 'bad'],
  [
    'expire what is missing',
    (attr) =>
      attr.setExpiryMany([
        { name: 'good', expiration: 5 },
        { name: 'bad', expiration: 5 },
      ]),
    'ERR_ATTRIBUTE_MISSING',
    'bad',
  ],
  [
    'expire at no time',
    (attr) => attr.setExpiryMany([{ name: 'good', expiration: 5 }, { name: 'other' }]),
    'ERR_OPTION_INVALID',
    'items[1].expiration',
  ],
  [
    'expire in a second of another kind',
    (attr) => attr.setExpiryMany([{ name: 'good', expiration: 5 }, { name: 'other', expiration: '5' } as never]),
    'ERR_OPTION_INVALID',
    'items[1].expiration',
  ],
  ...(['createMany', 'setMany', 'updateMany'] as const).flatMap((verb): Bad[] => {
    const first = verb === 'createMany' ? { name: 'fresh', value: 1 } : good
    const call = (more: object) => (attr: Attributes) => attr[verb]([first, item(more)])
    return [
      [`${verb} with a function`, call({ value: { deep: [() => 1] } }), 'ERR_VALUE_UNSUPPORTED', 'bad.deep[0]'],
      [`${verb} with NaN`, call({ value: Number.NaN }), 'ERR_VALUE_UNSUPPORTED', 'bad'],
      [`${verb} without a value`, call({ value: undefined }), 'ERR_VALUE_UNSUPPORTED', 'bad'],
      [`${verb} with too much`, call({ value: 'x'.repeat(300_000) }), 'ERR_VALUE_TOO_LARGE', 'bad'],
      [`${verb} with a negative expiration`, call({ expiration: -1 }), 'ERR_OPTION_INVALID', 'items[1].expiration'],
      [`${verb} with a word for encrypt`, call({ encrypt: 'yes' }), 'ERR_OPTION_INVALID', 'items[1].encrypt'],
      [`${verb} with an empty name`, call({ name: '' }), 'ERR_OPTION_INVALID', 'items[1].name'],
      [`${verb} with a reserved name`, call({ name: '$mine' }), 'ERR_OPTION_INVALID', 'items[1].name'],
      [`${verb} with something unknown`, call({ expire: 5 }), 'ERR_OPTION_INVALID', 'items[1].expire'],
      [`${verb} with a name twice`, (attr) => attr[verb]([first, item({ name: first.name })]), 'ERR_OPTION_INVALID', first.name],
    ]
  }),
  ['delete a bad name', (attr) => attr.deleteMany(['good', '']), 'ERR_OPTION_INVALID', 'names[1]'],
]

describeStores('all or nothing', (open) => {
  it('one bad item changes nothing and is named, on sessions and on users', async () => {
    const { store } = await open()
    await using world = await openWorld(store)
    const homes = [await world.attr(world.ada.ust), (await world.sso.user.getCurrentUser({ currentUst: world.ada.ust })).attr]
    for (const attr of homes) {
      await attr.createMany([
        { name: 'good', value: 'old', expiration: 100 },
        { name: 'other', value: 0, encrypt: true },
      ])
      const before = await attr.toDict()
      for (const [what, call, code, named] of BAD) {
        const error = await call(attr).then(
          () => undefined,
          (raised: unknown) => raised,
        )
        expect(error, what).toMatchObject({ code })
        const { names = [], errors = [] } = error as { names?: string[]; errors?: { field: string }[] }
        expect([...names, ...errors.map(({ field }) => field)], what).toContain(named)
        if (named.startsWith('items[1]')) expect((error as Error).message, what).toContain(named)
        expect(await attr.toDict(), what).toEqual(before)
      }
    }
  })
})
