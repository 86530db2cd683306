// Does whatever goes wrong leave the browser with a session that works?
import { describe, expect, test } from 'vitest'
import { STORES, type StoreName } from './support/host.ts'
import { openShop, type ShopSession } from './support/shop.ts'

describe.each(Object.keys(STORES) as StoreName[])('on %s', (on) => {
  test.each([
    ['login', (session: ShopSession) => session.login('anna')],
    ['reset', (session: ShopSession) => session.reset()],
    ['logout', (session: ShopSession) => session.logout()],
  ])('when a %s cannot end the old session, the new one is ended, and the browser keeps what it has', async (_, replace) => {
    const { visitor, before, sso } = await openShop(on)
    const { browser, visit, look } = visitor()
    await visit((session) => session.login('bert'))
    await visit((session) => session.set('language', 'de'))
    const cookie = browser.cookie()
    for (const times of [1, 2]) {
      let left = times
      before.set('delete', async () => {
        left -= 1
        if (left >= 0) throw new Error('away')
      })
      await expect(visit(replace)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
      expect([browser.cookie() === cookie, await look()]).toEqual([true, { user: 'bert', language: 'de' }])
      // Where even that fails it ends by itself: nobody has its token.
      const listed = await Promise.all(['anna', 'bert', null].map(async (principal) => sso.sessions.list({ principal })))
      expect(listed.flatMap(({ items }) => items)).toHaveLength(times)
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

  test('where nobody can tell whether a session still lives, its new token goes out with a later request', async () => {
    const { visitor, faults, web, time, load, commit } = await openShop(on, { policy: { renewalTimeout: 60 } })
    const told: string[] = []
    web.on('session.touch-failed', ({ type }) => told.push(type))
    const { browser, visit } = visitor()
    await visit((session) => session.login('anna'))
    const replaced = browser.cookie()
    time.now += 60_000
    await visit(() => undefined)
    const session = await load(replaced)
    faults.set('load', new Error('away'))
    expect([(await commit(session)).headers.getSetCookie(), told]).toEqual([[], ['session.touch-failed']])
    faults.clear()
    expect((await commit(await load(replaced))).headers.getSetCookie()).toEqual([expect.stringContaining(browser.cookie())])
  })

  test('a touch that is due tells whether the session lives whose new token goes out: nothing more is asked', async () => {
    const { visitor, faults, calls, web, time, load, commit } = await openShop(on, {
      policy: { renewalTimeout: 60, touchInterval: 1 },
    })
    const told: string[] = []
    web.on('session.touch-failed', ({ type }) => told.push(type))
    const { browser, visit } = visitor()
    await visit((session) => session.login('anna'))
    const replaced = browser.cookie()
    time.now += 60_000
    await visit(() => undefined)
    time.now += 5_000
    const [first, second] = [await load(replaced), await load(replaced)]
    calls.length = 0
    faults.set('update', new Error('away'))
    expect([(await commit(first)).headers.getSetCookie(), told, calls]).toEqual([[], ['session.touch-failed'], ['update']])
    faults.clear()
    calls.length = 0
    expect((await commit(second)).headers.getSetCookie()).toEqual([expect.stringContaining(browser.cookie())])
    expect(calls).toEqual(['update'])
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
})
