// Do two processes on the same data see one truth: endings at the next call, one secret after a rotation, one data key?
import { expect, it } from 'vitest'
import { count } from '../support/scale.ts'
import { describeStores } from './stores.ts'
import { codeOf, openSojourn, openWorld, PASSWORD } from './world.ts'

describeStores('two instances', (open, isNear) => {
  const rounds = isNear ? count({ full: 1000, quick: 40 }) : count({ full: 300, quick: 10 })

  it('what one ends is ended in the other at its next call, and who is locked in one is locked in both', async () => {
    const { store, another } = await open()
    await using one = await openWorld(store)
    await using two = await openSojourn(another(), {}, one.clock)
    const endings = [
      (ust: string) => one.sso.user.logout({ currentUst: ust }),
      (ust: string) => one.sso.sessions.end(ust.slice(4, 28)),
      () => one.sso.sessions.revoke({ principal: one.ada.userId }),
      () => one.sso.user.session.endAll({ currentUst: one.root.ust, userId: one.ada.userId }),
      () => one.sso.user.setPassword({ userId: one.ada.userId, password: PASSWORD }),
      () => one.sso.user.lockUser({ currentUst: one.root.ust, userId: one.ada.userId }),
      () => one.sso.sessions.revoke('all'),
    ]
    for (const [at, end] of endings.entries()) {
      const ust = await one.login('ada')
      // The other instance has read the user and the session before.
      const attr = await two.attr(ust)
      await attr.set('a', at)
      await end(ust)
      expect(await codeOf(attr.get('a')), `ending ${at}`).toBe('ERR_SESSION_ENDED')
      expect(await codeOf(attr.set('a', 0)), `ending ${at}`).toBe('ERR_SESSION_ENDED')
      expect(await two.sso.sessions.resume(ust), `ending ${at}`).toBe(undefined)
      if (at === 5) {
        expect(await codeOf(two.sso.user.login({ username: 'ada', password: PASSWORD }))).toBe('ERR_USER_LOCKED')
        await two.sso.user.unlockUser({ currentUst: one.root.ust, userId: one.ada.userId })
      }
    }
    expect(await codeOf(two.sso.user.getCurrentUser({ currentUst: one.root.ust }))).toBe('ERR_SESSION_ENDED')
  })

  it(`of ${rounds} rotations raced by both, each leaves one present secret, and nobody is logged out`, async () => {
    const { store, another } = await open()
    const policy = { renewalTimeout: 60, renewalGrace: 30, expiry: 1_000_000, absoluteTimeout: 1_000_000 }
    const options = { policy }
    await using one = await openWorld(store, options)
    await using two = await openSojourn(another(), options, one.clock)
    const { session, token: first } = await one.sso.sessions.start({ principal: one.ada.userId, attributes: {} })
    await session.attr.create('pin', 'mine', { encrypt: true })
    let token = first
    for (let round = 0; round < rounds; round += 1) {
      one.clock.advance(61)
      const raced = await Promise.all([one, two, one, two].map(({ sso }) => sso.sessions.resume(token)))
      const next = new Set(raced.map((found) => found?.token))
      expect(next.size).toBe(1)
      const [successor] = next
      expect(successor).toEqual(expect.any(String))
      for (const found of raced) expect((await found!.session.attr.get('pin'))?.value).toBe('mine')
      // A lost answer: the old one still leads to the same new one, in both.
      expect((await two.sso.sessions.resume(token))?.token).toBe(successor)
      expect((await one.sso.sessions.resume(successor!))?.token).toBe(null)
      one.clock.advance(29)
      expect((await two.sso.sessions.resume(token))?.token).toBe(successor)
      token = successor!
    }
    // Who knows no more than the id, which is public, changes nothing at any time of a rotation.
    const guess = `${token.slice(0, 29)}${'A'.repeat(43)}`
    for (const wait of [0, 31, 61, 31]) {
      one.clock.advance(wait)
      expect(await one.sso.sessions.resume(guess)).toBe(undefined)
      expect(await two.sso.sessions.renew(guess)).toBe(undefined)
      token = (await two.sso.sessions.resume(token))?.token ?? token
      expect(await one.sso.sessions.resume(token)).toBeDefined()
    }
    expect([...one.events, ...two.events].map(({ type }) => type)).not.toContain('session.theft')
    // The grace of the last one is over: its previous secret is a thief's, in the other instance as well.
    const previous = token
    one.clock.advance(61)
    const present = (await two.sso.sessions.resume(previous))!.token!
    expect(await two.sso.sessions.resume(present)).toBeDefined()
    one.clock.advance(31)
    expect(await one.sso.sessions.resume(previous)).toBe(undefined)
    expect(await two.sso.sessions.resume(present)).toBe(undefined)
    expect(one.events.map(({ type }) => type)).toContain('session.theft')
  })

  it(`of ${rounds} first seals raced by both, all values open in both`, async () => {
    const { store, another } = await open()
    await using one = await openWorld(store)
    await using two = await openSojourn(another(), {}, one.clock)
    for (let round = 0; round < rounds; round += 1) {
      const { token } = await one.sso.sessions.start({ principal: one.ada.userId })
      const sessions = await Promise.all([one, two, one, two].map(async ({ sso }) => (await sso.sessions.resume(token))!.session))
      await Promise.all(sessions.map(({ attr }, at) => attr.create(`pin-${at}`, at, { encrypt: true })))
      for (const { sso } of [one, two]) {
        const all = await (await sso.sessions.resume(token))!.session.attr.toDict()
        expect(
          Object.entries(all)
            .map(([name, { value, isEncrypted }]) => [name, value, isEncrypted])
            .toSorted(),
        ).toEqual([0, 1, 2, 3].map((at) => [`pin-${at}`, at, true]))
      }
    }
  })

  it('of two first users made at once one is made', async () => {
    const { store, another } = await open()
    await using one = await openSojourn(store)
    await using two = await openSojourn(another())
    const made = await Promise.all(
      [one, two, one, two].map(({ sso }, at) =>
        codeOf(
          sso.user.createSuperUser({
            data: { username: `admin-${at}`, password: PASSWORD },
            requireSuperUser: false,
            autoApprove: true,
            onlyWhenEmpty: true,
          }),
        ),
      ),
    )
    expect(made.toSorted()).toEqual(['ERR_USER_EXISTS', 'ERR_USER_EXISTS', 'ERR_USER_EXISTS', undefined])
    expect((await store.directory.listUsers({ limit: 10 })).items).toHaveLength(1)
  })
})
