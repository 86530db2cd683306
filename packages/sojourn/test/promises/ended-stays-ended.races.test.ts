// Does a session that was ended stay ended, whatever its own user was writing at that moment?
import { describe, expect, it } from 'vitest'
import { count } from '../support/scale.ts'
import { describeStores } from './stores.ts'
import { codeOf, openSojourn, openWorld, PASSWORD, type World } from './world.ts'

/** Ways in which a session of `ada` ends. What takes her account away gives it back: her sessions must not come with it. */
const ENDINGS = {
  'she logs out': ({ sso }, ust) => sso.user.logout({ currentUst: ust }),
  'it is ended by its id': ({ sso, root }, ust) => sso.user.session.end({ currentUst: root.ust, id: ust.slice(4, 28) }),
  'all of hers are ended': ({ sso, root, ada }) => sso.user.session.endAll({ currentUst: root.ust, userId: ada.userId }),
  'she is locked and unlocked': async ({ sso, root, ada }) => {
    await sso.user.lockUser({ currentUst: root.ust, userId: ada.userId })
    await sso.user.unlockUser({ currentUst: root.ust, userId: ada.userId })
  },
  'she is rejected and approved': async ({ sso, root, ada }) => {
    await sso.user.rejectUser({ currentUst: root.ust, userId: ada.userId })
    await sso.user.approveUser({ currentUst: root.ust, userId: ada.userId })
  },
  'her password is set': ({ sso, ada }) => sso.user.setPassword({ userId: ada.userId, password: PASSWORD }),
  'it expires': async ({ clock }) => clock.advance(3600),
} as const satisfies Record<string, (world: World, ust: string) => Promise<unknown>>

const EXPECTED = new Set([undefined, 'ERR_SESSION_ENDED', 'ERR_USER_LOCKED', 'ERR_USER_NOT_READY', 'ERR_ATTRIBUTE_MISSING'])

/** Lets everything else go on for a while. */
async function turns(number: number): Promise<void> {
  for (let turn = 0; turn < number; turn += 1)
    await new Promise((resolve) => (turn % 3 === 2 ? setImmediate(resolve) : resolve(0)))
}

describe('races of an ending with writes', () => {
  describeStores('ended stays ended', (open, isNear) => {
    const rounds = count({ full: 10_000, quick: isNear ? 105 : 21 })

    it(`${rounds} times`, async () => {
      const { store, another } = await open()
      await using world = await openWorld(store, { policy: { absoluteTimeout: 1_000_000_000, expiry: 3600 } })
      await using other = await openSojourn(another(), {}, world.clock)
      const names = Object.keys(ENDINGS) as (keyof typeof ENDINGS)[]
      const ada = world.ada.username
      let root = world.root
      for (let round = 0; round < rounds; round += 1) {
        const how = names[round % names.length]!
        const ust = await world.login(ada)
        const attr = await world.attr(ust)
        const far = await other.attr(ust)
        const writes = [
          attr.set('a', round),
          attr.set('pin', round, { encrypt: true }),
          far.increment('n'),
          far.update('a', (old) => old),
          attr.setMany([{ name: 'b', value: 1 }], { expiration: 7200 }),
          world.sso.user.session.renew({ currentUst: ust }),
          other.sso.user.session.getCurrentSession({ currentUst: ust }),
        ].map(codeOf)
        await turns(round % 11)
        await ENDINGS[how]({ ...world, root }, ust)
        for (const code of await Promise.all(writes))
          if (!EXPECTED.has(code as undefined)) expect.fail(`${String(code)} when ${how}`)
        for (const each of [world, other]) {
          const late = [
            each.sso.user.session.getCurrentSession({ currentUst: ust }),
            each.sso.sessions.resume(ust).then((found) => {
              if (found === undefined) throw Object.assign(new Error('gone'), { code: 'ERR_SESSION_ENDED' })
            }),
          ]
          expect(await Promise.all([...late, attr.set('late', 1), far.names()].map(codeOf)), how).toEqual(
            Array<string>(4).fill('ERR_SESSION_ENDED'),
          )
        }
        if (how === 'it expires') root = { ...root, ust: await world.login('root') }
        if (round % 50 === 49) for (let more = true; more; ) more = (await world.sso.sessions.sweep({ limit: 1000 })).more
      }
      expect((await world.sso.sessions.list({ principal: world.ada.userId })).items).toEqual([])
    })
  })
})
