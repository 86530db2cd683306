// Does use keep a session alive and renew its secret, and cost next to no writes?
import { describe, expect, test } from 'vitest'
import { STORES, type StoreName } from './support/host.ts'
import { NAME, openShop } from './support/shop.ts'

describe.each(Object.keys(STORES) as StoreName[])('on %s', (on) => {
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
