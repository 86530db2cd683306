// Which requests does the guard let through, and what does it take as proof?
import { webSessions } from 'sojourn/web'
import { describe, expect, test } from 'vitest'
import { openHost } from './support/host.ts'
import { openForms } from './support/open-forms.ts'

describe('the guard', () => {
  async function openGuard(accept?: 'either' | 'origin' | 'key') {
    const forms = await openForms()
    const guard = forms.web.csrf(accept === undefined ? {} : { accept })
    const handle = forms.web.handle(async (request) => {
      await guard(request)
      return new Response(await request.text())
    })
    const visitor = forms.visitor()
    const post = async (headers: Record<string, string> = {}, init: RequestInit = {}, url = 'https://shop.example/buy') => {
      const request = new Request(url, { method: 'POST', ...init, headers: { cookie: visitor.browser.cookie(), ...headers } })
      return (await handle(request)).status
    }
    return { ...forms, ...visitor, post, handle }
  }

  test.each([
    [{ 'sec-fetch-site': 'same-origin' }, 200],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'none' }, 403],
    [{ 'sec-fetch-site': 'Same-Origin' }, 403],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://shop.example' }, 403],
    [{ origin: 'https://shop.example' }, 200],
    [{ origin: 'https://shop.example:443' }, 403],
    [{ origin: 'http://shop.example' }, 403],
    [{ origin: 'https://shop.example.evil.example' }, 403],
    [{ origin: 'https://shop.example:8443' }, 403],
    [{ origin: 'null' }, 403],
    [{}, 403],
    [{ 'x-csrf-token': 'guess' }, 403],
  ])('%j: %d', async (headers, status) => {
    const { post } = await openGuard()
    expect(await post(headers)).toBe(status)
  })

  test('lets safe methods through', async () => {
    const { post } = await openGuard()
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      expect([method, await post({ 'sec-fetch-site': 'cross-site' }, { method })]).toEqual([method, 200])
    for (const method of ['PUT', 'PATCH', 'DELETE', 'POST', 'PURGE'])
      expect([method, await post({}, { method })]).toEqual([method, 403])
  })

  test('takes a key from the header or a form, once, and leaves the body to the handler', async () => {
    const { form, post, handle, browser } = await openGuard()
    const [inHeader, inForm, inParts] = [await form(), await form(), await form()]
    expect([await post({ 'x-csrf-token': inHeader }), await post({ 'x-csrf-token': inHeader })]).toEqual([200, 403])
    const body = new URLSearchParams({ _csrf: inForm, a: '1' })
    const answer = await handle(
      new Request('https://shop.example/buy', { method: 'POST', body, headers: { cookie: browser.cookie() } }),
    )
    expect([answer.status, await answer.text()]).toEqual([200, `_csrf=${inForm}&a=1`])
    const parts = new FormData()
    parts.set('_csrf', inParts)
    expect(await post({}, { body: parts })).toBe(200)
  })

  test('takes a key from JSON as well, and leaves the body to the handler', async () => {
    const { form, handle, browser } = await openGuard()
    const key = await form()
    const send = (body: string, type: string) =>
      handle(
        new Request('https://shop.example/buy', {
          method: 'POST',
          body,
          headers: { cookie: browser.cookie(), 'content-type': type },
        }),
      )
    for (const body of ['{', 'null', '[]', '"_csrf"', '{"__proto__":{"_csrf":1}}', JSON.stringify({ _csrf: [key] })])
      expect([body, (await send(body, 'application/json')).status]).toEqual([body, 403])
    const body = JSON.stringify({ _csrf: key, a: 1 })
    expect((await send(body, 'application/jsonp')).status).toBe(403)
    expect((await send(body, 'text/plain')).status).toBe(403)
    expect(await (await send(body, 'Application/JSON; charset=utf-8')).text()).toBe(body)
    expect((await send(body, 'application/json')).status).toBe(403)
  })

  test('refuses where the body that should hold the key is read already, and takes one from the header', async () => {
    const { web, form, browser } = await openGuard()
    const handle = web.handle(async (request) => {
      await request.text()
      await web.csrf()(request)
      return new Response()
    })
    const [inForm, inHeader] = [await form(), await form()]
    const headers = { cookie: browser.cookie() }
    const init = { method: 'POST', body: new URLSearchParams({ _csrf: inForm }) }
    const statuses = [headers, { ...headers, 'x-csrf-token': inHeader }].map(
      async (each) => (await handle(new Request('https://shop.example/', { ...init, headers: each }))).status,
    )
    expect(await Promise.all(statuses)).toEqual([403, 200])
  })

  test('does not take a key where the origin is proven, so that the back button works', async () => {
    const { form, post } = await openGuard()
    const key = await form()
    expect(await post({ 'sec-fetch-site': 'same-origin', 'x-csrf-token': key })).toBe(200)
    expect(await post({ 'x-csrf-token': key })).toBe(200)
  })

  test('accepts the static key of the session', async () => {
    const { browser, post } = await openGuard()
    const key = (await browser.send('/login')).headers.get('sec-sojourn-static-key')!
    expect([await post({ 'sec-sojourn-static-key': key }), await post({ 'sec-sojourn-static-key': `${key}x` })]).toEqual([
      200, 403,
    ])
  })

  test('accepts the origin alone, or keys alone, where it is told so', async () => {
    const origin = await openGuard('origin')
    const key = await openGuard('key')
    expect(await origin.post({ 'x-csrf-token': await origin.form() })).toBe(403)
    expect(await origin.post({ 'sec-fetch-site': 'same-origin' })).toBe(200)
    expect(await key.post({ 'sec-fetch-site': 'same-origin' })).toBe(403)
    expect(await key.post({ 'x-csrf-token': await key.form() })).toBe(200)
    expect(() => key.web.csrf({ accept: 'all' } as object)).toThrow(/`accept`/)
  })

  test('knows no request that has no session', async () => {
    const { web } = await openGuard()
    await expect(web.csrf()(new Request('https://shop.example/', { method: 'POST' }))).rejects.toMatchObject({
      code: 'ERR_OPTION_INVALID',
    })
  })
})

test('a client that sends the token and the static key from before a rotation passes with both for the grace', async () => {
  const host = await openHost({ policy: { renewalTimeout: 60, renewalGrace: 30 } })
  const web = webSessions(host.sso)
  const request = (cookie: string, key: string) => {
    const headers = { cookie, 'sec-sojourn-static-key': key }
    return new Request('https://shop.example/', { method: 'POST', headers })
  }
  const told = ({ headers }: Response) =>
    [headers.getSetCookie()[0]?.split(';')[0] ?? '', headers.get('sec-sojourn-static-key') ?? ''] as const
  const first = await web.load(request('', ''))
  first.login('anna')
  const old = told(await web.commit(first, new Response()))
  host.time.now += 60_000
  const fresh = told(await web.commit(await web.load(request(...old)), new Response()))
  expect(fresh[0]).not.toBe(old[0])
  // Which was on its way when the answer with the new ones went out.
  const late = request(...old)
  const session = await web.load(late)
  await web.csrf({ accept: 'key' })(late)
  expect(told(await web.commit(session, new Response()))).toEqual(fresh)
  const mixed = await web.load(request(fresh[0], old[1]))
  expect([mixed.validateStaticSecurityKey(fresh[1]), mixed.validateStaticSecurityKey(old[1])]).toEqual([true, false])
})

test('a session stands for its request, for the guard and for web.of', async () => {
  const { sso } = await openHost()
  const web = webSessions(sso)
  const request = (site: string) => new Request('https://shop.example/', { method: 'POST', headers: { 'sec-fetch-site': site } })
  const session = await web.load(request('same-origin'))
  expect(web.of(session)).toBe(session)
  await expect(web.csrf()(session)).resolves.toBeUndefined()
  await expect(web.csrf()(await web.load(request('cross-site')))).rejects.toMatchObject({ code: 'ERR_CSRF_REFUSED' })
  expect(() => webSessions(sso).of(session)).toThrow(/no session/)
})
