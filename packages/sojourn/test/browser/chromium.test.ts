// Does a real browser keep, send, hide and forget the cookie as it is meant to?
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { afterEach, describe, expect, test } from 'vitest'
import { isSkipped, openBrowser } from './chromium.ts'
import { openShop, openStranger, type Shop } from './shop.ts'

describe.skipIf(isSkipped)('Chromium', () => {
  const closing: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })

  async function profile() {
    const folder = await mkdtemp(join(tmpdir(), 'sojourn-browser-'))
    closing.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
    return folder
  }
  async function start(folder: string): Promise<BrowserContext> {
    const browser = await openBrowser(folder)
    closing.push(() => browser.close())
    return browser
  }
  async function shopOf(...args: Parameters<typeof openShop>): Promise<Shop> {
    const shop = await openShop(...args)
    closing.push(shop.close)
    return shop
  }
  const text = (page: Page, id: string) => page.locator(`#${id}`).innerText()

  test('over HTTPS: a __Host- cookie that scripts do not see', async () => {
    const shop = await shopOf('https')
    const browser = await start(await profile())
    const page = await browser.newPage()
    await page.goto(`${shop.url}/add?item=tea`)
    expect(await browser.cookies()).toEqual([
      expect.objectContaining({
        name: '__Host-sojourn',
        domain: 'localhost',
        path: '/',
        httpOnly: true,
        secure: true,
        sameSite: 'Lax',
        expires: -1,
      }),
    ])
    expect(await page.evaluate('document.cookie')).toBe('')
    await page.goto(shop.url)
    expect(await text(page, 'cart')).toBe('tea')
  })

  test('over HTTP on this machine: the plain cookie', async () => {
    const shop = await shopOf('http')
    const browser = await start(await profile())
    const page = await browser.newPage()
    await page.goto(`${shop.url}/add?item=tea`)
    expect(await browser.cookies()).toEqual([
      expect.objectContaining({ name: 'sojourn', httpOnly: true, secure: false, sameSite: 'Lax', expires: -1 }),
    ])
    await page.goto(shop.url)
    expect(await text(page, 'cart')).toBe('tea')
  })

  test('login and logout change the cookie; the old one and the back button show nothing', async () => {
    const shop = await shopOf('https')
    const browser = await start(await profile())
    const page = await browser.newPage()
    const caching = async (path: string) => (await page.goto(shop.url + path))?.headers()['cache-control']
    // The shop itself says nothing to guests: it is the answers with a cookie that are kept out of every cache.
    expect([await caching('/add?item=tea'), await caching('/')]).toEqual(['no-store', undefined])
    const [before] = await browser.cookies()
    expect(await caching('/login')).toBe('no-store')
    const [during] = await browser.cookies()
    expect(during?.value).not.toBe(before?.value)
    await page.goto(shop.url)
    expect(await text(page, 'user')).toBe('anna')
    expect(await caching('/logout')).toBe('no-store')
    await page.goBack()
    expect(await text(page, 'user')).toBe('guest')
    await browser.clearCookies()
    await browser.addCookies([during!])
    // The page makes a key, which a session that was replaced a moment ago refuses.
    expect((await page.goto(shop.url))?.status()).toBe(401)
  })

  test('a logout that clears the site leaves the cookie of the session that comes with it', async () => {
    const shop = await shopOf('https')
    const browser = await start(await profile())
    const page = await browser.newPage()
    await page.goto(`${shop.url}/login`)
    const [before] = await browser.cookies()
    await page.goto(`${shop.url}/logout?clear`)
    const [after] = await browser.cookies()
    expect([after?.name, after?.value === before?.value]).toEqual(['__Host-sojourn', false])
  })

  test('two tabs at once lose nothing', async () => {
    const shop = await shopOf('https')
    const browser = await start(await profile())
    const tabs = [await browser.newPage(), await browser.newPage()]
    await tabs[0]!.goto(`${shop.url}/add?item=first`)
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(tabs.map((tab, at) => tab.goto(`${shop.url}/add?item=${round}-${at}`)))
    }
    await tabs[1]!.goto(shop.url)
    const cart = (await text(tabs[1]!, 'cart')).split(',')
    expect(cart.sort()).toEqual(
      ['first', ...Array.from({ length: 10 }, (_, round) => [`${round}-0`, `${round}-1`]).flat()].sort(),
    )
  })

  test("a form of the shop's own is accepted, also after the back button", async () => {
    const shop = await shopOf('https')
    const browser = await start(await profile())
    const page = await browser.newPage()
    await page.goto(`${shop.url}/login`)
    await page.goto(shop.url)
    // Nobody can go back from a page that is still on its way.
    const buy = () => Promise.all([page.waitForEvent('load'), page.getByRole('button').click()])
    await buy()
    await page.goBack()
    await buy()
    expect(await shop.items()).toEqual(['anna', 'anna'])
  })

  test.each(['lax', 'none'] as const)("a form of another site's is refused, with SameSite %s", async (sameSite) => {
    const shop = await shopOf('https', { cookie: { sameSite } })
    const stranger = await openStranger(`${shop.url}/buy`)
    closing.push(stranger.close)
    const browser = await start(await profile())
    const page = await browser.newPage()
    await page.goto(`${shop.url}/login`)
    await page.goto(stranger.url)
    const answer = page.waitForResponse(`${shop.url}/buy`)
    await page.getByRole('button').click()
    expect((await answer).status()).toBe(403)
    expect(await shop.items()).toEqual([])
    await page.goto(shop.url)
    expect(await text(page, 'user')).toBe('anna')
  })

  test.each([
    [true, 'guest'],
    [false, 'anna'],
  ])('with sessionCookie %j a restarted browser shows %s', async (sessionCookie, user) => {
    const shop = await shopOf('https', { cookie: { sessionCookie } })
    const folder = await profile()
    const browser = await openBrowser(folder)
    const page = await browser.newPage()
    await page.goto(`${shop.url}/login`)
    expect((await browser.cookies())[0]?.expires === -1).toBe(sessionCookie)
    await page.goto(shop.url)
    expect(await text(page, 'user')).toBe('anna')
    await browser.close()
    const again = await (await start(folder)).newPage()
    await again.goto(shop.url)
    expect(await text(again, 'user')).toBe(user)
  })
})
