// Is an attribute absent for every verb at the very instant it expires, and does it end with its session?
import { type Attributes, createSojourn } from 'sojourn'
import { type WebSession, webSessions } from 'sojourn/web'
import { expect, it } from 'vitest'
import { describeStores } from './stores.ts'
import { codeOf, openWorld, type World } from './world.ts'

const HOMES = {
  session: (world: World) => world.attr(world.ada.ust),
  user: async ({ sso, ada }: World): Promise<Attributes> => (await sso.user.getCurrentUser({ currentUst: ada.ust })).attr,
} as const

describeStores('what expired is absent', (open) => {
  for (const [whose, home] of Object.entries(HOMES)) {
    it(`for every verb on a ${whose}, at the same instant, plain and sealed`, async () => {
      const { store } = await open()
      await using world = await openWorld(store)
      const attr = await home(world)
      for (const encrypt of [false, true]) {
        await attr.createMany([
          { name: 'gone', value: 1, expiration: 60, encrypt },
          { name: 'here', value: 2, expiration: 61, encrypt },
        ])
        world.clock.advance(59.999)
        expect((await attr.names()).toSorted()).toEqual(['gone', 'here'])
        expect(await codeOf(attr.create('gone', 0))).toBe('ERR_ATTRIBUTE_EXISTS')
        world.clock.advance(0.001)
        expect(await attr.exists('gone')).toBe(false)
        expect(await attr.get('gone')).toBe(undefined)
        expect(await attr.names()).toEqual(['here'])
        expect(Object.keys(await attr.toDict())).toEqual(['here'])
        expect(await attr.existsMany(['gone', 'here'])).toEqual(
          new Map([
            ['gone', false],
            ['here', true],
          ]),
        )
        expect((await attr.getMany(['gone', 'here'])).get('gone')).toBe(undefined)
        for (const refused of [
          () => attr.update('gone', 1),
          () => attr.update('gone', () => 1),
          () => attr.updateMany([{ name: 'gone', value: 1 }]),
          () => attr.setExpiry('gone', null),
          () => attr.setExpiryMany([{ name: 'gone', expiration: 5 }]),
        ])
          expect(await codeOf(refused())).toBe('ERR_ATTRIBUTE_MISSING')
        expect(await attr.increment('gone')).toBe(1)
        expect(await attr.get('gone')).toMatchObject({ value: 1, isEncrypted: false, expirationTime: null })
        await attr.delete('gone')
        await attr.create('gone', 'again', { expiration: 1 })
        world.clock.advance(1)
        await attr.set('gone', 'anew')
        expect(await attr.get('gone')).toMatchObject({ value: 'anew', expirationTime: null })
        await attr.deleteMany(['gone', 'here'])
      }
    })
  }

  it('a session’s end ends its attributes, whatever their own expiry', async () => {
    const { store } = await open()
    await using world = await openWorld(store)
    const attr = await world.attr(world.ada.ust)
    await attr.createMany([
      { name: 'for ever', value: 1, expiration: null },
      { name: 'long', value: 2, expiration: 1e6 },
    ])
    const bosses = await world.sso.user.session.get({ currentUst: world.root.ust, targetUst: world.ada.ust })
    world.clock.advance(3599.999)
    expect((await attr.names()).toSorted()).toEqual(['for ever', 'long'])
    world.clock.advance(0.001)
    const root = await world.login('root')
    for (const verb of [
      () => attr.get('for ever'),
      () => attr.exists('long'),
      () => attr.names(),
      () => attr.toDict(),
      () => attr.set('long', 3),
      () => attr.delete('long'),
      () => bosses.attr.names(),
      () => world.sso.user.session.get({ currentUst: root, id: world.ada.ust.slice(4, 28) }),
    ])
      expect(await codeOf(verb())).toBe('ERR_SESSION_ENDED')
    const next = await world.attr(await world.login('ada'))
    expect(await next.names()).toEqual([])
  })

  it('whatever parts of a millisecond durations and clocks have, and however far off it is', async () => {
    let now = Date.now()
    const { store } = await open()
    const policy = { touchInterval: 1 / 3, renewalTimeout: 4 / 3, renewalGrace: 2 / 3, idleTimeout: 1e4 / 3 }
    const sso = await createSojourn({ store, policy, clock: () => now + 0.7 })
    const web = webSessions<Record<string, number>>(sso)
    const handle = (visit: (session: WebSession<Record<string, number>>) => unknown) =>
      web.handle(async (_, session) => Response.json((await visit(session)) ?? null))
    const made = await handle((session) => {
      session.set('short', 1, { expiration: 10 / 3 })
      session.set('ages', 2, { expiration: 1e300 })
      session.securityKey({ duration: 10 / 3 })
      session.securityKey({ duration: 10 / 3, sessionBound: false })
    })(new Request('https://shop.example/'))
    let cookie = ''
    const visit = async (run: Parameters<typeof handle>[0], answer?: Response) => {
      const response = answer ?? (await handle(run)(new Request('https://shop.example/', { headers: { cookie } })))
      cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
      expect(response.status).toBe(200)
      return await response.json()
    }
    await visit(() => undefined, made)
    const look = (session: WebSession<Record<string, number>>) => {
      session.increment('visits')
      return [session.get('short') ?? null, session.get('ages'), session.get('visits')]
    }
    now += 3333
    expect(await visit(look)).toEqual([1, 2, 1])
    now += 1
    expect(await visit(look)).toEqual([null, 2, 2])
    now += 1500 // for another secret
    expect(await visit(look)).toEqual([null, 2, 3])
    await visit((session) => session.reset())
    await sso.close()
  })
})
