// Does a key work once, for its session alone?
import { describe, expect, test, vi } from 'vitest'
import { STORES, type StoreName } from './support/host.ts'
import { openForms } from './support/open-forms.ts'

describe.each(Object.keys(STORES) as StoreName[])('on %s', (on) => {
  test('a key works once and brings its data', async () => {
    const { visitor } = await openForms(on)
    const { form, submit } = visitor()
    const [plain, withData] = [await form(), await form('?data=order-7')]
    expect(plain).toMatch(/^[\w-]{32}$/)
    expect([await submit(withData), await submit(withData)]).toEqual([{ data: 'order-7' }, undefined])
    expect([await submit(plain), await submit(plain)]).toEqual([{ data: undefined }, undefined])
  })

  test('the request that made a key cannot use it once more when it is saved', async () => {
    const { web, open } = await openForms(on)
    const first = await open('')
    const keys = [first.securityKey(), first.securityKey({ sessionBound: false })]
    const saving = web.commit(first, new Response())
    const early = await Promise.all(keys.map((key) => first.validateSecurityKey(key)))
    const cookie = (await saving).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const late = await Promise.all(keys.map((key) => first.validateSecurityKey(key)))
    const next = await open(cookie)
    const used = await Promise.all(keys.map((key) => next.validateSecurityKey(key)))
    const answers = keys.map((_, at) => [early[at], late[at], used[at]].filter((answer) => answer !== undefined))
    expect(answers).toEqual([[{ data: undefined }], [{ data: undefined }]])
  })

  test('a key that its own request has used is not kept', async () => {
    const { web, open } = await openForms(on)
    const first = await open('')
    first.set('seen', 1)
    const keys = [first.securityKey(), first.securityKey({ sessionBound: false })]
    for (const key of keys) expect(await first.validateSecurityKey(key)).toEqual({ data: undefined })
    const cookie = (await web.commit(first, new Response())).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    for (const key of keys) expect(await (await open(cookie)).validateSecurityKey(key)).toBeUndefined()
  })

  test('32 forms in 8 tabs are accepted in any order', async () => {
    const { visitor } = await openForms(on)
    const { form, submit } = visitor()
    await form()
    const keys: string[] = []
    for (let at = 0; at < 32; at += 1) keys.push(await form(`?data=${at}`))
    const shuffled = keys.map((key, at) => ({ key, at, order: (at * 13) % 32 })).sort((a, b) => a.order - b.order)
    const answers = await Promise.all(shuffled.map(({ key }) => submit(key)))
    expect(answers).toEqual(shuffled.map(({ at }) => ({ data: String(at) })))
  })

  test("a stranger who presents somebody's key neither passes nor burns it", async () => {
    const { visitor } = await openForms(on)
    const [owner, stranger, nobody] = [visitor(), visitor(), visitor()]
    const key = await owner.form()
    await stranger.form()
    expect([await stranger.submit(key), await nobody.submit(key)]).toEqual([undefined, undefined])
    expect(await owner.submit(key)).toEqual({ data: undefined })
  })

  test('expires, to the millisecond, and after a day at the latest', async () => {
    const { visitor, time } = await openForms(on)
    const { form, submit } = visitor()
    const key = await form('?duration=60')
    time.now += 59_999
    const other = await form('?duration=60')
    expect(await submit(key)).toEqual({ data: undefined })
    time.now += 60_000
    expect(await submit(other)).toBeUndefined()
  })

  test('a login and the end of the session end its keys', async () => {
    const { visitor } = await openForms(on)
    const { browser, form, submit } = visitor()
    const key = await form()
    await browser.send('/login')
    expect(await submit(key)).toBeUndefined()
    const second = await form()
    const cookie = browser.cookie()
    await browser.send('/clear')
    expect(await submit(second)).toBeUndefined()
    browser.jar.set('__Host-sojourn', cookie.split('=')[1]!)
    expect(await submit(second)).toBeUndefined()
  })

  test('keys are in no map, list or count, and at most 512 are kept, the oldest going first', async () => {
    const { web, visitor, sso, open, time } = await openForms(on)
    const { browser, form, submit } = visitor()
    const first = await form()
    expect(await (await browser.send('/')).json()).toEqual([])
    const { session } = (await sso.sessions.resume(browser.jar.get('__Host-sojourn')!))!
    expect([await session.attr.names(), Object.keys(await session.attr.toDict())]).toEqual([[], []])
    const more: string[] = []
    for (let round = 0; round < 8; round += 1) {
      time.now += 1
      const request = await open(browser.cookie())
      for (let at = 0; at < 64; at += 1) more.push(request.securityKey())
      await web.commit(request, new Response())
    }
    expect(await submit(first)).toBeUndefined()
    for (const at of [0, 100, 511]) expect([at, await submit(more[at])]).toEqual([at, { data: undefined }])
  })

  test('of more keys than are kept that one request makes the last are', async () => {
    const { web, open } = await openForms(on)
    const first = await open('')
    const keys = Array.from({ length: 513 }, () => first.securityKey())
    const [line] = (await web.commit(first, new Response())).headers.getSetCookie()
    const next = await open(line?.split(';')[0] ?? '')
    const answers = await Promise.all([0, 1, 512].map((at) => next.validateSecurityKey(keys[at])))
    expect(answers).toEqual([undefined, { data: undefined }, { data: undefined }])
  })

  test('a request whose only key is not bound to its session takes away none of the others, also where there are too many', async () => {
    const { web, open } = await openForms(on)
    const first = await open('')
    first.set('seen', 1)
    const cookie = (await web.commit(first, new Response())).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const [left, right] = [await open(cookie), await open(cookie)]
    const keys = Array.from({ length: 300 }, () => left.securityKey())
    for (let at = 0; at < 300; at += 1) right.securityKey()
    for (const each of [left, right]) await web.commit(each, new Response())
    const other = await open(cookie)
    other.securityKey({ sessionBound: false })
    await web.commit(other, new Response())
    const last = await open(cookie)
    const answers = await Promise.all(keys.map((key) => last.validateSecurityKey(key)))
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(300)
  })

  test('keys do not count against the entries that a session may have', async () => {
    const { web, open } = await openForms(on)
    const full = Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`e${at}`, at]))
    const first = await open('')
    first.merge(full as never)
    const keys = [first.securityKey()]
    const cookie = (await web.commit(first, new Response())).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const second = await open(cookie)
    keys.push(second.securityKey())
    await web.commit(second, new Response())
    const third = await open(cookie)
    for (const key of keys) expect(await third.validateSecurityKey(key)).toEqual({ data: undefined })
    const fourth = await open(cookie)
    fourth.set('seen', 1)
    await expect(web.commit(fourth, new Response())).rejects.toMatchObject({ code: 'ERR_VALUE_TOO_LARGE' })
  })

  test('a key that is not bound works for anybody, once', async () => {
    const { web, open } = await openForms(on)
    const issuing = await open('')
    const key = issuing.securityKey({ sessionBound: false, data: new Date(5), duration: 60 })
    await web.commit(issuing, new Response())
    expect(issuing.id).toBeUndefined()
    const [one, two] = [await open(''), await open('')]
    const answers = await Promise.all([one.validateSecurityKey(key), two.validateSecurityKey(key)])
    expect(answers.filter((answer) => answer !== undefined)).toEqual([{ data: new Date(5) }])
  })

  test('a request whose session was just replaced, and which has to be repeated, does not use a key up', async () => {
    const { web, open, visitor } = await openForms(on)
    const { browser, form } = visitor()
    await form()
    const replaced = browser.cookie()
    await browser.send('/login')
    const issuing = await open('')
    const key = issuing.securityKey({ sessionBound: false })
    await web.commit(issuing, new Response())
    expect(await (await open(replaced)).validateSecurityKey(key)).toBeUndefined()
    expect(await (await open(browser.cookie())).validateSecurityKey(key)).toEqual({ data: undefined })
  })

  test.each(['login', 'reset', 'logout', 'clear'] as const)(
    'a key that is not bound outlives a %s in its request',
    async (end) => {
      const { web, open } = await openForms(on)
      const session = await open('')
      const key = session.securityKey({ sessionBound: false, data: 'a' })
      const bound = session.securityKey()
      if (end === 'login') session.login('anna')
      else session[end]()
      await web.commit(session, new Response())
      expect(await (await open('')).validateSecurityKey(key)).toEqual({ data: 'a' })
      expect(await session.validateSecurityKey(bound)).toBeUndefined()
    },
  )
})

test('anything that is no key is refused without a call of the store', async () => {
  const { visitor, calls } = await openForms()
  const { form, submit } = visitor()
  const key = await form()
  for (const bad of [
    undefined,
    null,
    1,
    {},
    [],
    '',
    key.slice(1),
    `${key}x`,
    `${key} `,
    'x'.repeat(100_000),
    `any.${key}x`,
    key.toUpperCase() + key,
  ]) {
    calls.length = 0
    expect(await submit(bad)).toBeUndefined()
    expect(calls).toEqual(['load'])
  }
})

test('a session is not saved with a key in its page that the directory could not keep', async () => {
  const { web, open, directory, calls } = await openForms()
  vi.spyOn(directory, 'createToken').mockRejectedValue(new Error('away'))
  const session = await open('')
  session.securityKey({ sessionBound: false })
  session.set('seen', 1)
  await expect(web.commit(session, new Response())).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  expect(calls).toEqual([])
})

test('options of a key are checked', async () => {
  const { open } = await openForms()
  const session = await open('')
  for (const options of [
    { duration: 0 },
    { duration: 86_401 },
    { duration: '5' },
    { data: () => 1 },
    { sessionBound: 1 },
    { ttl: 5 },
  ]) {
    expect(() => session.securityKey(options as object)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^ERR_(OPTION_INVALID|VALUE_UNSUPPORTED)$/) }),
    )
  }
})

test.each([true, false])('data larger than a value may be is refused at once, by its name (bound: %s)', async (sessionBound) => {
  const { open } = await openForms()
  const session = await open('')
  expect(() => session.securityKey({ data: 'x'.repeat(300_000), sessionBound })).toThrow(
    expect.objectContaining({ code: 'ERR_VALUE_TOO_LARGE', names: ['data'] }),
  )
  expect(session.isChanged).toBe(false)
})

describe('the static key', () => {
  test('is the same as long as the token, of this session alone, and revealed at login', async () => {
    const { visitor, open } = await openForms()
    const { browser } = visitor()
    expect((await browser.send('/form')).headers.get('sec-sojourn-static-key')).toBeNull()
    const guest = (await open(browser.cookie())).staticSecurityKey!
    const revealed = (await browser.send('/login')).headers.get('sec-sojourn-static-key')!
    const session = await open(browser.cookie())
    expect([session.staticSecurityKey, guest === revealed, session.validateStaticSecurityKey(revealed)]).toEqual([
      revealed,
      false,
      true,
    ])
    for (const bad of [guest, '', undefined, 1, `${revealed} `, revealed.toLowerCase()])
      expect(session.validateStaticSecurityKey(bad)).toBe(false)
    const nobody = await open('')
    expect([nobody.staticSecurityKey, nobody.validateStaticSecurityKey(undefined), nobody.validateStaticSecurityKey('')]).toEqual(
      [undefined, false, false],
    )
  })
})
