// Is nothing lost when a thousand writers meet in one session?
import { expect, it } from 'vitest'
import { describeStores } from './stores.ts'
import { codeOf, openSojourn, openWorld } from './world.ts'

const THOUSAND = Array.from({ length: 1000 }, (_, at) => at)

describeStores('no update is lost', (open, isNear) => {
  it('1,000 concurrent sets of different names are all there', async () => {
    const { store } = await open()
    await using world = await openWorld(store)
    const attr = await world.attr(world.ada.ust)
    await Promise.all(THOUSAND.map((at) => attr.set(`name-${at}`, at)))
    const all = await attr.toDict()
    expect(Object.keys(all)).toHaveLength(1000)
    for (const at of THOUSAND) expect(all[`name-${at}`]?.value).toBe(at)
  })

  it('of 1,000 concurrent creates of one name one wins, and its value stays', async () => {
    const { store, another } = await open()
    await using world = await openWorld(store)
    await using other = await openSojourn(another())
    const attrs = [await world.attr(world.ada.ust), await other.attr(world.ada.ust)] as const
    const codes = await Promise.all(THOUSAND.map((at) => codeOf(attrs[at % 2]!.create('one', at))))
    const winners = THOUSAND.filter((at) => codes[at] === undefined)
    expect(winners).toHaveLength(1)
    expect(new Set(codes)).toEqual(new Set([undefined, 'ERR_ATTRIBUTE_EXISTS']))
    expect((await attrs[0].get('one'))?.value).toBe(winners[0])
  })

  it('increment is exact under 1,000 writers, plain, sealed and with fractions', async () => {
    const { store } = await open()
    await using world = await openWorld(store)
    const attr = await world.attr(world.ada.ust)
    await attr.create('sealed', 0, { encrypt: true })
    const sums = await Promise.all(THOUSAND.map(() => attr.increment('plain')))
    expect(sums.toSorted((a, b) => a - b)).toEqual(THOUSAND.map((at) => at + 1))
    const many = isNear ? THOUSAND : THOUSAND.slice(0, 100)
    await Promise.all(many.map(() => attr.increment('sealed', 3)))
    await Promise.all(many.map(() => attr.increment('fraction', 0.25)))
    expect(await attr.get('sealed')).toMatchObject({ value: many.length * 3, isEncrypted: true })
    expect((await attr.get('fraction'))?.value).toBe(many.length / 4)
  })

  it('two processes that count a sealed number together lose none of what they acknowledged', async () => {
    const { store, another } = await open()
    await using world = await openWorld(store)
    await using other = await openSojourn(another())
    const attrs = [await world.attr(world.ada.ust), await other.attr(world.ada.ust)] as const
    await attrs[0].create('sealed', 0, { encrypt: true })
    const codes = await Promise.all(THOUSAND.slice(0, 60).map((at) => codeOf(attrs[at % 2]!.increment('sealed'))))
    expect(new Set([...codes, undefined, 'ERR_ATTRIBUTE_CONFLICT'])).toEqual(new Set([undefined, 'ERR_ATTRIBUTE_CONFLICT']))
    expect((await attrs[0].get('sealed'))?.value).toBe(codes.filter((code) => code === undefined).length)
  })

  it('writes of several names are whole: at the end all names are of one writer', async () => {
    const { store, another } = await open()
    await using world = await openWorld(store)
    await using other = await openSojourn(another())
    const attrs = [await world.attr(world.ada.ust), await other.attr(world.ada.ust)] as const
    await Promise.all(
      THOUSAND.slice(0, 200).map((at) => attrs[at % 2]!.setMany(['a', 'b', 'c'].map((name) => ({ name, value: at })))),
    )
    const values = Object.values(await attrs[0].toDict()).map(({ value }) => value)
    expect(new Set(values).size).toBe(1)
    expect(values).toHaveLength(3)
  })

  it('the values of a user are kept as well: different names, one name, a counter', async () => {
    const { store } = await open()
    await using world = await openWorld(store)
    const { attr } = await world.sso.user.getCurrentUser({ currentUst: world.ada.ust })
    const some = THOUSAND.slice(0, 100)
    await Promise.all(some.map((at) => attr.set(`name-${at}`, at)))
    const codes = await Promise.all(some.map((at) => codeOf(attr.create('one', at))))
    await Promise.all(some.map(() => attr.increment('count')))
    expect(codes.filter((code) => code === undefined)).toHaveLength(1)
    expect(await attr.names()).toHaveLength(102)
    expect((await attr.get('count'))?.value).toBe(100)
  })
})
