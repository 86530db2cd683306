// Does a shop keep carts, logins and forms, used by two browsers over real HTTP and started again in between?
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createSojourn } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

const PASSWORD = 'correct-horse-battery-staple'

/** A shop in a process of its own. */
interface RunningShop {
  readonly url: string
  /** Ends it the way a supervisor does; answers how it went. */
  stop(): Promise<number | null>
}

async function start(example: string, file: string): Promise<RunningShop> {
  const main = fileURLToPath(new URL(`./${example}/main.ts`, import.meta.url))
  const shop = spawn(process.execPath, [main, '0', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(shop, 'exit')
  const stop = async () => {
    shop.kill('SIGTERM')
    const [code]: (number | null)[] = await ended
    return code ?? null
  }
  for await (const line of createInterface({ input: shop.stdout })) {
    const url = /^The shop is open at (\S+)$/.exec(line)?.[1]
    if (url !== undefined) return { url, stop }
  }
  throw new Error(`${example} ended with ${(await ended)[0]} before it was open`)
}

/** A browser as far as a shop can tell: it keeps cookies, and says from where a form was sent. */
function createBrowser(url: () => string) {
  let cookie: string | undefined
  async function send(path: string, init: RequestInit & { headers?: Record<string, string> } = {}, presented = cookie) {
    const headers = { ...(presented !== undefined && { cookie: presented }), ...init.headers }
    const response = await fetch(new URL(path, url()), { ...init, headers, redirect: 'manual' })
    const line = response.headers.getSetCookie().find((each) => each.startsWith('sojourn='))
    if (line !== undefined) cookie = line.includes('Max-Age=0') ? undefined : line.split(';')[0]
    return { status: response.status, body: await response.text() }
  }
  return {
    send,
    cookie: () => cookie,
    get: (path: string, presented?: string) => send(path, {}, presented),
    post: (path: string, fields: Record<string, string> = {}, site = 'same-origin') =>
      send(path, { method: 'POST', body: new URLSearchParams(fields), headers: { 'sec-fetch-site': site } }),
  }
}

/** What the shop's page says. */
function read({ body }: { readonly body: string }) {
  return {
    language: /lang="(\w+)"/.exec(body)?.[1],
    customer: /Customer: (.*)<\/p>/.exec(body)?.[1],
    cart: /Cart: (.*)<\/p>/.exec(body)?.[1],
  }
}

/** Tests the shop of an example. */
export function testShop(example: string): void {
  describe(example, () => {
    const folder = mkdtempSync(join(tmpdir(), `${example}-`))
    const file = join(folder, 'shop.db')
    let shop: RunningShop
    beforeAll(async () => {
      shop = await start(example, file)
    })
    afterAll(async () => {
      await shop.stop()
      rmSync(folder, { recursive: true })
    })

    let browser: ReturnType<typeof createBrowser>
    const another = () => createBrowser(() => shop.url)
    beforeEach(() => {
      browser = another()
    })
    const login = (who = browser) => who.post('/login', { username: 'anna', password: PASSWORD })

    test('sets no cookie for a visit', async () => {
      expect(read(await browser.get('/'))).toEqual({ language: 'en', customer: 'nobody', cart: 'empty' })
      expect(browser.cookie()).toBeUndefined()
    })

    test('keeps a cart, also when two tabs fill it at once', async () => {
      expect((await browser.post('/cart', { item: 'tea' })).status).toBe(303)
      await Promise.all(Array.from({ length: 10 }, () => browser.post('/cart', { item: 'milk' })))
      expect(
        read(await browser.get('/'))
          .cart?.split(', ')
          .sort(),
      ).toEqual([...Array(10).fill('milk'), 'tea'])
    })

    test('takes a request without a form for one with an empty form', async () => {
      const { status } = await browser.send('/cart', { method: 'POST', headers: { 'sec-fetch-site': 'same-origin' } })
      expect([status, browser.cookie()]).toEqual([303, undefined])
    })

    test('refuses a wrong password', async () => {
      const { status, body } = await browser.post('/login', { username: 'anna', password: 'guessed' })
      expect([status, read({ body }).customer]).toEqual([401, 'nobody'])
      expect(browser.cookie()).toBeUndefined()
    })

    test('gives another token at login, keeps language and cart, and lets the old token die', async () => {
      await browser.post('/language', { language: 'de' })
      await browser.post('/cart', { item: 'bread' })
      const before = browser.cookie()
      expect((await login()).status).toBe(303)
      expect(browser.cookie()).not.toBe(before)
      expect(read(await browser.get('/'))).toEqual({ language: 'de', customer: 'anna', cart: 'bread' })
      expect(read(await another().get('/', before))).toEqual({ language: 'en', customer: 'nobody', cart: 'empty' })
    })

    test('rests a login on the check of the password: one session, which tells how its user logged in', async () => {
      const sso = await createSojourn({ store: sqliteStore(file), sweepInterval: 0 })
      const user = await sso.user.getUserByUsername({ username: 'anna' })
      const sessions = async () => (await sso.sessions.list({ principal: user?.userId ?? null })).items
      const before = await sessions()
      await login()
      const begun = (await sessions()).filter(({ id }) => before.every((each) => each.id !== id))
      expect(begun.map(({ details, sliding }) => [details.methods, sliding])).toEqual([[['pwd'], true]])
      await sso.close()
    })

    test('keeps the language at logout, and nothing else', async () => {
      await browser.post('/language', { language: 'fr' })
      await login()
      await browser.post('/cart', { item: 'tea' })
      const before = browser.cookie()
      expect((await browser.post('/logout')).status).toBe(303)
      expect(read(await browser.get('/'))).toEqual({ language: 'fr', customer: 'nobody', cart: 'empty' })
      expect(read(await another().get('/', before)).customer).toBe('nobody')
    })

    test.each(['/cart', '/language', '/login', '/logout', '/logout-everywhere', '/checkout'])(
      'refuses %s from the page of another site',
      async (path) => {
        await login()
        const before = read(await browser.get('/'))
        const fields = { item: 'tea', language: 'de', username: 'anna', password: PASSWORD }
        expect((await browser.post(path, fields, 'cross-site')).status).toBe(403)
        expect(read(await browser.get('/'))).toEqual(before)
      },
    )

    test('takes the key of a form once, and no other key', async () => {
      await browser.post('/cart', { item: 'tea' })
      const key = async () => /name="_csrf" value="([^"]+)"/.exec((await browser.get('/checkout')).body)?.[1] ?? ''
      const [first, second] = [await key(), await key()]
      expect((await browser.post('/checkout')).status).toBe(403)
      expect((await browser.post('/checkout', { _csrf: 'A'.repeat(first.length) })).status).toBe(403)
      expect((await another().post('/checkout', { _csrf: first })).status).toBe(403)
      const ordered = await browser.post('/checkout', { _csrf: first })
      expect([ordered.status, /Ordered: (.*)<\/p>/.exec(ordered.body)?.[1]]).toEqual([200, 'tea'])
      expect((await browser.post('/checkout', { _csrf: first })).status).toBe(403)
      expect((await browser.post('/checkout', { _csrf: second })).status).toBe(200)
    })

    test('logs out everywhere at once', async () => {
      const phone = another()
      await login()
      await login(phone)
      await phone.post('/cart', { item: 'tea' })
      expect(read(await phone.get('/'))).toEqual({ language: 'en', customer: 'anna', cart: 'tea' })
      expect((await browser.post('/logout-everywhere')).status).toBe(303)
      expect(read(await phone.get('/'))).toEqual({ language: 'en', customer: 'nobody', cart: 'empty' })
      expect(read(await browser.get('/')).customer).toBe('nobody')
    })

    test('ends cleanly, and knows its customers when it is started again', async () => {
      await login()
      await browser.post('/cart', { item: 'milk' })
      expect(await shop.stop()).toBe(0)
      shop = await start(example, file)
      expect(read(await browser.get('/'))).toEqual({ language: 'en', customer: 'anna', cart: 'milk' })
    })
  })
}
