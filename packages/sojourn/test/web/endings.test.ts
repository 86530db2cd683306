// Does an ended session stay ended, whoever ends it and however?
import { GUEST_USER } from 'sojourn/web'
import { describe, expect, test } from 'vitest'
import { STORES, type StoreName } from './support/host.ts'
import { NAME, openShop, type ShopSession } from './support/shop.ts'

describe.each(Object.keys(STORES) as StoreName[])('on %s', (on) => {
  test('a session that is replaced does not count against the limit of its user, nor does the one that proves a login', async () => {
    const { sso, visitor, time } = await openShop(on, { policy: { sessionsPerUser: 2 } })
    const data = { username: 'anna', password: 'correct-horse-battery-staple' }
    const anna = await sso.user.createUser({ data, requireSuperUser: false, autoApprove: true })
    const login = async (session: ShopSession) => {
      const { ust } = await sso.user.login(data)
      session.login(anna, { proof: ust })
    }
    const [laptop, phone] = [visitor(), visitor()]
    for (const { visit } of [laptop, phone]) {
      await visit(login)
      time.now += 1000
    }
    for (let round = 0; round < 3; round += 1) {
      await phone.visit((session) => session.reset())
      time.now += 1000
      expect([(await laptop.look()).user, (await phone.look()).user]).toEqual([anna, anna])
    }
    const tablet = visitor()
    await tablet.visit((session) => session.login(anna))
    expect([await laptop.look(), await phone.look(), await tablet.look()].map(({ user }) => user)).toEqual([null, anna, anna])
  })

  test('reset: a new token, only what is kept, the same user, the same absolute end; the old cookie is dead at once', async () => {
    const { visitor, load, time } = await openShop(on)
    const { browser, visit, look } = visitor()
    await visit((session) => session.login('anna', { methods: ['pwd'] }))
    await visit((session) => session.merge({ language: 'de', cart: ['tea'], note: 'x' }))
    const old = browser.cookie()
    const absolute = 86_400_000
    time.now += 3_000_000
    await visit((session) => session.reset({ keep: ['cart'] }))
    expect(browser.cookie()).not.toBe(old)
    expect(await look()).toEqual({ user: 'anna', cart: ['tea'] })
    expect((await load(old)).userId).toBeNull()
    for (let passed = 3_000_000; passed + 1_800_000 < absolute; passed += 1_800_000) {
      time.now += 1_800_000
      await visit(() => undefined)
    }
    expect((await look()).user).toBe('anna')
    time.now += 1_800_000
    expect((await look()).user).toBeNull()
  })

  test('a reset that is told what to keep by anything but a list is refused, and nothing is lost', async () => {
    const { visitor } = await openShop(on)
    const { visit, look } = visitor()
    await visit((session) => session.merge({ cart: ['tea'] }))
    for (const keep of ['cart', null, {}] as never[]) {
      await visit((session) => {
        expect(() => session.reset({ keep })).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
      })
    }
    expect(await look()).toMatchObject({ cart: ['tea'] })
  })

  test('logout keeps what is to be kept in a new session, and only that', async () => {
    const { visitor, load } = await openShop(on)
    const { browser, visit, look } = visitor()
    await visit((session) => session.login('anna'))
    await visit((session) => session.merge({ language: 'de', cart: ['tea'] }))
    const old = browser.cookie()
    const response = await visit((session) => session.logout({ clearSiteData: true }))
    // Not its cookies: a browser would forget the new one as well.
    expect(response.headers.get('clear-site-data')).toBe('"cache", "storage"')
    expect(browser.cookie()).not.toBe(old)
    expect([await look(), (await load(old)).userId]).toEqual([{ user: null, language: 'de' }, null])
    await visit((session) => session.delete('language'))
    const last = await visit((session) => session.logout({ clearSiteData: true }))
    expect(last.headers.get('clear-site-data')).toBe('"cache", "cookies", "storage"')
  })

  test('login after a visit as a guest: a token known before is worth nothing', async () => {
    const { visitor, load, sso } = await openShop(on)
    const { browser, visit } = visitor()
    const { token: planted } = await sso.sessions.start({ principal: null, sliding: true })
    browser.jar.set(NAME, planted)
    await visit((session) => session.login('anna'))
    expect(browser.jar.get(NAME)).not.toBe(planted)
    expect(await sso.sessions.resume(planted)).toBeUndefined()
    expect((await load(`${NAME}=${planted}`)).userId).toBeNull()
  })

  test('a request whose session ended meanwhile saves nothing, and touches no cookie', async () => {
    for (const end of ['logout', 'kill', 'clear', 'login'] as const) {
      const { visitor, load, commit, web, calls } = await openShop(on)
      const { browser, visit } = visitor()
      await visit((session) => session.login('anna'))
      const [writer, reader, late] = [await load(browser.cookie()), await load(browser.cookie()), await load(browser.cookie())]
      if (end === 'kill') await web.killSessionsByUser('anna')
      else await visit((session) => (end === 'login' ? session.login('anna') : session[end]()))
      writer.set('note', 'late')
      await expect(commit(writer)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
      expect((await commit(reader)).headers.getSetCookie()).toEqual([])
      late.reset({ keep: [] })
      await expect(commit(late)).rejects.toMatchObject({ code: 'ERR_SESSION_ENDED' })
      calls.length = 0
    }
  })

  test.each(['logout', 'kill', 'login'] as const)(
    'a request that came with a token replaced a moment ago brings no new one after a %s',
    async (end) => {
      const { visitor, load, commit, web, time } = await openShop(on, { policy: { renewalTimeout: 60 } })
      const { browser, visit } = visitor()
      await visit((session) => session.login('anna'))
      const replaced = browser.cookie()
      time.now += 60_000
      await visit(() => undefined)
      const [early, late] = [await load(replaced), await load(replaced)]
      expect((await commit(early)).headers.getSetCookie()).toEqual([expect.stringContaining(browser.cookie())])
      if (end === 'kill') await web.killSessionsByUser('anna')
      else await visit((session) => (end === 'login' ? session.login('bert') : session.logout()))
      expect((await commit(late)).headers.getSetCookie()).toEqual([])
    },
  )

  test('logging out twice at once is no error, is told once, and leaves nothing alive', async () => {
    const { visitor, load, commit, sso, web } = await openShop(on)
    const told: unknown[] = []
    web.on('session.ended', ({ principal, reason }) => told.push([principal, reason]))
    const { browser, visit } = visitor()
    await visit((session) => session.login('anna'))
    await visit((session) => session.set('language', 'de'))
    const sessions = await Promise.all([load(browser.cookie()), load(browser.cookie())])
    for (const session of sessions) session.logout()
    told.length = 0
    const answers = await Promise.all(sessions.map(commit))
    // The other one had begun a session by then, which nobody was given.
    expect(told).toEqual([
      ['anna', 'logout'],
      [null, 'deleted'],
    ])
    expect(answers.filter((answer) => answer.headers.getSetCookie().length > 0)).toHaveLength(1)
    expect((await sso.sessions.list({ principal: 'anna' })).items).toEqual([])
    expect((await sso.sessions.list({ principal: null })).items).toHaveLength(1)
  })

  test('who presents a session that was replaced a moment ago can log in, and change nothing else', async () => {
    const { visitor, load, commit } = await openShop(on)
    const elsewhere = (await openShop(on)).visitor()
    await elsewhere.visit((session) => session.login('anna'))
    const unknown = elsewhere.browser.cookie()
    const { browser, visit } = visitor()
    await visit((session) => session.login('anna'))
    const replaced = browser.cookie()
    await visit((session) => session.reset())
    for (const cookie of [replaced, `${replaced}; ${unknown}`, `${unknown}; ${replaced}`]) {
      const late = await load(cookie)
      expect(() => late.set('note', 'late')).toThrow(expect.objectContaining({ code: 'ERR_SESSION_ENDED' }))
      late.login('bert')
      late.set('note', 'new')
      const [line] = (await commit(late)).headers.getSetCookie()
      const begun = await load(line?.split(';')[0] ?? '')
      expect([begun.userId, begun.get('note')]).toEqual(['bert', 'new'])
    }
  })

  test.each(['logout', 'clear'] as const)(
    'what was to be saved whatever happens ends with a %s, unless that is said after it',
    async (end) => {
      const { visitor, sso } = await openShop(on)
      const { browser, visit } = visitor()
      await visit((session) => session.login('anna'))
      await visit((session) => {
        session.markChanged()
        session[end]()
      })
      expect([browser.cookie(), (await sso.sessions.list({ principal: null })).items]).toEqual(['', []])
      await visit((session) => session.login('anna'))
      await visit((session) => {
        session[end]()
        session.markChanged()
      })
      expect((await sso.sessions.list({ principal: null })).items).toHaveLength(1)
    },
  )

  test.each(['logout', 'clear', 'reset'] as const)('a %s without a session asks no store and sets no cookie', async (end) => {
    const { visitor, calls } = await openShop(on)
    const answer = await visitor().visit((session) => session[end]())
    expect([answer.headers.getSetCookie(), calls]).toEqual([[], []])
  })

  test('kill: one user, guests, all; at once', async () => {
    const { visitor, web } = await openShop(on)
    const [anna, bert, guest] = [visitor(), visitor(), visitor()]
    const setUp = async () => {
      await anna.visit((session) => session.login('anna'))
      await bert.visit((session) => session.login('bert'))
      await guest.visit((session) => session.set('note', 'here'))
    }
    const alive = async () => [(await anna.look()).user, (await bert.look()).user, 'note' in (await guest.look())]
    await setUp()
    await web.killSessionsByUser('anna')
    expect(await alive()).toEqual([null, 'bert', true])
    await web.killSessionsByUser(GUEST_USER)
    expect(await alive()).toEqual([null, 'bert', false])
    await setUp()
    await web.killSessionsByUser()
    expect(await alive()).toEqual([null, null, false])
  })

  test('what has ended is removed, and told with its reason', async () => {
    const { visitor, web, time } = await openShop(on)
    const told: string[] = []
    const stop = web.on('session.ended', ({ reason }) => told.push(reason))
    const one = visitor()
    await one.visit((session) => session.set('note', 'a'))
    await one.visit((session) => session.login('anna'))
    await one.visit((session) => session.reset())
    await one.visit((session) => session.logout())
    await one.visit((session) => session.set('note', 'b'))
    await one.visit((session) => session.clear())
    expect(told).toEqual(['reset', 'reset', 'logout', 'deleted'])
    for (let at = 0; at < 5; at += 1) await visitor().visit((session) => session.set('note', 'c'))
    for (let at = 0; at < 5; at += 1) await visitor().visit((session) => session.login('anna'))
    await web.killSessionsByUser('anna')
    time.now += 3_600_000
    told.length = 0
    expect((await web.startClearSessions()).removed).toBeGreaterThanOrEqual(10)
    expect(told.sort()).toEqual([...Array(5).fill('expired'), ...Array(5).fill('revoked')])
    stop()
    expect(await web.startClearSessions()).toEqual({ removed: 0 })
  })
})

test('only no argument at all means everybody', async () => {
  const { web } = await openShop()
  for (const bad of [undefined, null, '', 5, {}]) {
    await expect(web.killSessionsByUser(bad as string)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' })
  }
  const session = await web.load(new Request('https://shop.example/'))
  for (const bad of [GUEST_USER, '', undefined, null, 5]) {
    expect(() => session.login(bad as string)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
  }
  await expect(web.refreshUser(GUEST_USER)).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' })
})
