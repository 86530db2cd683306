// Does a request find its session, save what it changed, and touch nothing else?
import { webSessions } from 'sojourn/web'
import { describe, expect, test } from 'vitest'
import { createBrowser } from './support/browser.ts'
import { openHost, type StoreName } from './support/host.ts'

interface Shop {
  cart: string[]
  language: string
  visits: number
  step: string
}

async function openShop(on: StoreName) {
  const host = await openHost({ on })
  const web = webSessions<Shop>(host.sso)
  const browser = createBrowser((request) =>
    web.handle(async (req, session) => {
      const { pathname, searchParams } = new URL(req.url)
      if (pathname === '/add') session.set('cart', [...session.get('cart', []), searchParams.get('item') ?? ''])
      if (pathname === '/push') session.get('cart')?.push(searchParams.get('item') ?? '')
      if (pathname === '/login') session.login(searchParams.get('user') ?? 'anna')
      if (pathname === '/logout') session.logout()
      if (pathname === '/reset') session.reset({ keep: ['cart'] })
      if (pathname === '/clear') session.clear()
      if (pathname === '/language') session.set('language', 'de')
      return Response.json({ id: session.id, user: session.userId, isNew: session.isNew, ...Object.fromEntries(session) })
    })(request),
  )
  return { ...host, web, browser }
}

describe.each<StoreName>(['memory', 'sqlite'])('on %s', (on) => {
  test('a visit that changes nothing asks no store and sets no cookie', async () => {
    const { browser, calls } = await openShop(on)
    const response = await browser.send('/')
    expect(response.headers.getSetCookie()).toEqual([])
    expect(calls).toEqual([])
  })

  test('an entry set in one request is there in the next', async () => {
    const { browser, calls } = await openShop(on)
    const first = await browser.send('/add?item=tea')
    expect(first.headers.getSetCookie()).toHaveLength(1)
    expect(first.headers.getSetCookie()[0]).toMatch(/^__Host-sojourn=sjn_[\w.-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    expect(first.headers.get('cache-control')).toBe('no-store')
    calls.length = 0
    const second = await browser.send('/')
    expect(await second.json()).toMatchObject({ cart: ['tea'], isNew: false })
    expect(second.headers.getSetCookie()).toEqual([])
    expect(calls).toEqual(['load'])
  })

  test('a value mutated in place is found and saved, in one write', async () => {
    const { browser, calls } = await openShop(on)
    await browser.send('/add?item=tea')
    calls.length = 0
    await browser.send('/push?item=milk')
    expect(calls).toEqual(['load', 'update'])
    expect(await (await browser.send('/')).json()).toMatchObject({ cart: ['tea', 'milk'] })
  })

  test('login replaces the session in two calls; the old cookie is dead at once, and only persistent fields survive', async () => {
    const { browser, calls } = await openShop(on)
    await browser.send('/add?item=tea')
    await browser.send('/language')
    const old = browser.cookie()
    calls.length = 0
    const response = await browser.send('/login?user=anna')
    expect(calls).toEqual(['load', 'create', 'delete'])
    expect(response.headers.get('sec-sojourn-static-key')).toMatch(/^[\w-]{43}$/)
    expect(await (await browser.send('/')).json()).toMatchObject({ user: 'anna', language: 'de' })
    const stale = await browser.send('/', { headers: { cookie: old } })
    expect(await stale.json()).toEqual({ user: null, isNew: true })
  })

  test('a late request with the cookie from before a login cannot change anything', async () => {
    const { browser, calls } = await openShop(on)
    await browser.send('/add?item=tea')
    const old = browser.cookie()
    await browser.send('/login')
    calls.length = 0
    const late = await browser.send('/add?item=milk', { headers: { cookie: old } })
    expect(late.status).toBe(401)
    expect(await late.json()).toMatchObject({ code: 'ERR_SESSION_ENDED' })
    expect(late.headers.getSetCookie()).toEqual([])
    expect(calls).toEqual(['load'])
  })

  test('logout with nothing to keep ends the session and removes the cookie', async () => {
    const { browser } = await openShop(on)
    await browser.send('/add?item=tea')
    await browser.send('/login')
    const old = browser.cookie()
    const response = await browser.send('/logout')
    expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-sojourn=; .*Max-Age=0/)
    expect(browser.jar.size).toBe(0)
    expect(await (await browser.send('/', { headers: { cookie: old } })).json()).toEqual({ user: null, isNew: true })
  })
})
