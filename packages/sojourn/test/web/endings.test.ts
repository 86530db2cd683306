// Does an ended session stay ended, and does whatever goes wrong leave the browser with one that works?
import type { Sojourn } from 'sojourn'
import { GUEST_USER, type WebSession, webSessions } from 'sojourn/web'
import { describe, expect, test } from 'vitest'
import { createBrowser } from './support/browser.ts'
import { openHost, STORES, type StoreName } from './support/host.ts'

interface Entries {
  language: string
  cart: string[]
  note: string
}

const NAME = '__Host-sojourn'

async function openShop(
  on: StoreName = 'memory',
  options: Parameters<typeof openHost>[0] = {},
  webOptions: Parameters<typeof webSessions>[1] = {},
) {
  const host = await openHost({ on, ...options })
  const web = webSessions<Entries, { username: string }>(host.sso, webOptions)
  const load = (cookie: string) => web.load(new Request('https://shop.example/', { headers: { cookie } }))
  const commit = (session: WebSession<Entries, { username: string }>) => web.commit(session, new Response())
  const visitor = () => {
    let work: (session: WebSession<Entries, { username: string }>) => unknown = () => undefined
    const browser = createBrowser(async (request) => {
      const session = await web.load(request)
      await work(session)
      return commit(session)
    })
    return {
      browser,
      visit: (run: typeof work) => {
        work = run
        return browser.send('/')
      },
      look: async () => {
        const session = await load(browser.cookie())
        return { user: session.userId, ...Object.fromEntries(session) }
      },
    }
  }
  return { ...host, web, load, commit, visitor }
}

describe.each(Object.keys(STORES) as StoreName[])('on %s', (on) => {
  test('a session that is replaced does not count against the limit of its user, nor does the one that proves a login', async () => {
    const { sso, visitor, time } = await openShop(on, { policy: { sessionsPerUser: 2 } })
    const data = { username: 'anna', password: 'correct-horse-battery-staple' }
    const anna = await sso.user.createUser({ data, requireSuperUser: false, autoApprove: true })
    const login = async (session: WebSession<Entries, { username: string }>) => {
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

  test('logout keeps what is to be kept in a new session, and only that', async () => {
    const { visitor, load } = await openShop(on)
    const { browser, visit, look } = visitor()
    await visit((session) => session.login('anna'))
    await visit((session) => session.merge({ language: 'de', cart: ['tea'] }))
    const old = browser.cookie()
    const response = await visit((session) => session.logout({ clearSiteData: true }))
    expect(response.headers.get('clear-site-data')).toBe('"cache", "cookies", "storage"')
    expect(browser.cookie()).not.toBe(old)
    expect([await look(), (await load(old)).userId]).toEqual([{ user: null, language: 'de' }, null])
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

  test('logging out twice at once is no error, and leaves nothing alive', async () => {
    const { visitor, load, commit, sso } = await openShop(on)
    const { browser, visit } = visitor()
    await visit((session) => session.login('anna'))
    await visit((session) => session.set('language', 'de'))
    const sessions = await Promise.all([load(browser.cookie()), load(browser.cookie())])
    for (const session of sessions) session.logout()
    const answers = await Promise.all(sessions.map(commit))
    expect(answers.filter((answer) => answer.headers.getSetCookie().length > 0)).toHaveLength(1)
    expect((await sso.sessions.list({ principal: 'anna' })).items).toEqual([])
    expect((await sso.sessions.list({ principal: null })).items).toHaveLength(1)
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

  test('10,000 reads inside a touch interval write at most once', async () => {
    const { visitor, load, commit, calls, time } = await openShop(on)
    const { browser, visit } = visitor()
    await visit((session) => session.set('note', 'x'))
    calls.length = 0
    for (let at = 0; at < 10_000; at += 1) {
      time.now += 30
      await commit(await load(browser.cookie()))
    }
    expect(calls.filter((name) => name !== 'load').length).toBeLessThanOrEqual(1)
  })

  test('use keeps a session alive; a passive request does not', async () => {
    const { visitor, web, load, commit, time } = await openShop(on)
    const { browser, visit, look } = visitor()
    await visit((session) => session.set('note', 'x'))
    for (let at = 0; at < 4; at += 1) {
      time.now += 3_000_000
      await commit(await load(browser.cookie()))
    }
    expect(await look()).toMatchObject({ note: 'x' })
    const poll = async () => {
      const session = await web.load(new Request('https://shop.example/', { headers: { cookie: browser.cookie() } }), {
        passive: true,
      })
      await commit(session)
      return session.isNew
    }
    time.now += 3_000_000
    expect(await poll()).toBe(false)
    time.now += 600_000
    expect(await poll()).toBe(true)
  })

  test('when the old session cannot be ended, the new one is, and the browser keeps what it has', async () => {
    for (const how of ['login', 'reset', 'logout'] as const) {
      const { visitor, faults } = await openShop(on)
      const { browser, visit, look } = visitor()
      await visit((session) => session.login('bert'))
      await visit((session) => session.set('language', 'de'))
      const cookie = browser.cookie()
      faults.set('delete', new Error('away'))
      await expect(
        visit((each) => (how === 'login' ? each.login('anna') : how === 'reset' ? each.reset() : each.logout())),
      ).rejects.toMatchObject({
        code: 'ERR_STORE_UNAVAILABLE',
      })
      faults.clear()
      expect([browser.cookie() === cookie, await look()]).toEqual([true, { user: 'bert', language: 'de' }])
    }
  })

  test('an outage is an error: the cookie stays, and the next request works', async () => {
    const { visitor, faults, web } = await openShop(on)
    const { browser, visit, look } = visitor()
    await visit((session) => session.merge({ language: 'de' }))
    const handle = web.handle((_, session) => {
      session.set('note', 'x')
      return new Response()
    })
    for (const call of ['load', 'update']) {
      faults.set(call, new Error('away'))
      const answer = await handle(new Request('https://shop.example/', { headers: { cookie: browser.cookie() } }))
      expect([answer.status, answer.headers.get('retry-after'), answer.headers.getSetCookie()]).toEqual([503, '1', []])
      expect(await answer.json()).toEqual({ title: 'The store does not answer', status: 503, code: 'ERR_STORE_UNAVAILABLE' })
      faults.clear()
    }
    expect(await look()).toEqual({ user: null, language: 'de' })
  })

  test('a failed touch is an event, and the request succeeds', async () => {
    const { visitor, faults, web, time } = await openShop(on)
    const told: string[] = []
    web.on('session.touch-failed', ({ type }) => told.push(type))
    const { visit } = visitor()
    await visit((session) => session.set('note', 'x'))
    time.now += 1_800_000
    faults.set('update', new Error('away'))
    expect((await visit((session) => session.get('note'))).status).toBe(200)
    expect(told).toEqual(['session.touch-failed'])
  })

  test('the secret rotates; whoever comes late with the old one gets the same new cookie', async () => {
    const { visitor, load, commit, time } = await openShop(on, { policy: { renewalTimeout: 600 } })
    const { browser, visit, look } = visitor()
    await visit((session) => session.login('anna'))
    const old = browser.cookie()
    time.now += 600_000
    const late = await Promise.all(Array.from({ length: 5 }, () => load(old)))
    late[0]!.set('note', 'one of them writes')
    const answers = await Promise.all(late.map(commit))
    const cookies = new Set(answers.flatMap((answer) => answer.headers.getSetCookie().map((line) => line.split(';')[0]!)))
    expect(cookies.size).toBe(1)
    expect([...cookies][0]).not.toBe(old)
    browser.jar.set(NAME, [...cookies][0]!.slice(NAME.length + 1))
    expect(await look()).toEqual({ user: 'anna', note: 'one of them writes' })
    expect(new Set(answers.map((answer) => answer.headers.get('sec-sojourn-static-key'))).size).toBe(1)
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

test('the record of the user is there, is asked for once a version, and a change shows at the next request', async () => {
  const asked: string[] = []
  let username = 'Anna'
  const { visitor, web } = await openShop('memory', {
    loadUser: (id) => {
      asked.push(id)
      return { username }
    },
  })
  const { visit } = visitor()
  const seen: unknown[] = []
  await visit((session) => session.login('anna'))
  for (let at = 0; at < 3; at += 1) await visit((session) => seen.push(session.user?.username))
  username = 'Anna Maria'
  await visit((session) => seen.push(session.user?.username))
  await web.refreshUser('anna')
  await visit((session) => seen.push(session.user?.username))
  expect(seen).toEqual(['Anna', 'Anna', 'Anna', 'Anna', 'Anna Maria'])
  expect(asked).toEqual(['anna', 'anna'])
})

test('that there is no record is remembered for a minute, or until the user is refreshed', async () => {
  let asked = 0
  const { visitor, web, time } = await openShop('memory', {
    loadUser: () => {
      asked += 1
      return undefined
    },
  })
  const { visit } = visitor()
  await visit((session) => session.login('anna'))
  for (let at = 0; at < 5; at += 1) await visit((session) => expect(session.user).toBeUndefined())
  expect(asked).toBe(1)
  await web.refreshUser('anna')
  for (let at = 0; at < 5; at += 1) await visit(() => undefined)
  expect(asked).toBe(2)
  time.now += 60_000
  for (let at = 0; at < 5; at += 1) await visit(() => undefined)
  expect(asked).toBe(3)
})

test('a session carries where it came from and how its user logged in', async () => {
  const { web, sso } = await openShop()
  const request = new Request('https://shop.example/', { headers: { 'user-agent': 'x'.repeat(2000) } })
  const session = await web.load(request, { remoteAddr: '192.0.2.7' })
  session.login('anna', { methods: ['pwd', 'otp'] })
  await web.commit(session, new Response())
  const [info] = (await sso.sessions.list({ principal: 'anna' })).items
  expect(info).toMatchObject({
    id: session.id,
    sliding: true,
    details: { remoteAddr: '192.0.2.7', userAgent: 'x'.repeat(512), authType: 'default', methods: ['pwd', 'otp'] },
  })
})

test('a session tells how and when its user logged in, and never one user what another did', async () => {
  const { visitor, time } = await openShop()
  const { visit } = visitor()
  const seen: unknown[] = []
  const look = (session: WebSession<Entries, { username: string }>) => seen.push([session.methods, session.authenticatedAt])
  const loggedInAt = time.now
  await visit((session) => {
    look(session)
    session.login('anna', { methods: ['pwd', 'otp'] })
    look(session)
  })
  time.now += 60_000
  await visit(look)
  await visit((session) => session.reset())
  await visit(look)
  await visit((session) => {
    session.login('bert')
    look(session)
    session.logout()
    look(session)
  })
  await visit(look)
  const anna = [['pwd', 'otp'], loggedInAt]
  const nobody = [[], undefined]
  expect(seen).toEqual([nobody, nobody, anna, anna, nobody, nobody, nobody])
})

test('no token, secret or key is found in what a session, its response or its events say', async () => {
  const events: unknown[] = []
  const { web, sso } = await openShop('memory', { onEvent: (event) => events.push(event) })
  const session = await web.load(new Request('https://shop.example/'))
  session.login('anna')
  const response = await web.commit(session, new Response())
  const token = response.headers.getSetCookie()[0]!.split(/[=;]/)[1]!
  const secret = token.split('.')[1]!
  const spoken = JSON.stringify([
    { ...session },
    session.id,
    [...session],
    events,
    await (sso as Sojourn).sessions.list({ principal: 'anna' }),
  ])
  for (const hidden of [token, secret]) expect(spoken).not.toContain(hidden)
})

test('declared entries are checked, sealed and expire as declared', async () => {
  const number = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) => (typeof value === 'number' ? { value } : { issues: [{ message: 'no' }] }),
    },
  } as const
  const { attribute } = await import('sojourn')
  const { web, sso, time } = await openShop('memory', {
    attributes: { note: attribute(number, { encrypt: true, expiration: 60 }) },
  })
  const { load, commit } = {
    load: (cookie: string) => web.load(new Request('https://shop.example/', { headers: { cookie } })),
    commit: (s: Awaited<ReturnType<typeof web.load>>) => web.commit(s, new Response()),
  }
  const first = await load('')
  expect(() => first.set('note', 'text')).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID', names: ['note'] }))
  first.set('note', 5 as never)
  const cookie = (await commit(first)).headers.getSetCookie()[0]!.split(';')[0]!
  const attr = (await sso.sessions.resume(cookie.slice(NAME.length + 1)))!.session.attr
  expect(await attr.get('note')).toMatchObject({ value: 5, isEncrypted: true, expirationTime: time.now + 60_000 })
  const second = await load(cookie)
  second.increment('note')
  await commit(second)
  expect(await attr.get('note')).toMatchObject({ value: 6, isEncrypted: true, expirationTime: time.now + 60_000 })
  const third = await load(cookie)
  third.delete('note')
  third.change('note', (old) => (Number(old ?? 0) + 10) as never)
  await commit(third)
  expect(await attr.get('note')).toMatchObject({ value: 10, isEncrypted: true })
})
