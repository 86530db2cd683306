// Who hears that a session could not be read or saved, and what are they told?
import { type EngineEvent, SojournError } from 'sojourn'
import { type HandleOptions, webSessions } from 'sojourn/web'
import { expect, test, vi } from 'vitest'
import { createBrowser } from './support/browser.ts'
import { openHost } from './support/host.ts'

async function openShop(options: HandleOptions = {}, base?: string) {
  const events: EngineEvent[] = []
  const host = await openHost({ onEvent: (event) => void (event.type === 'web.failed' && events.push(event)) })
  const web = webSessions(host.sso)
  const handle = web.handle((request, session) => {
    if (request.url.endsWith('/set')) session.set('secret', 'hunter2')
    if (request.url.endsWith('/throw')) throw new SojournError('ERR_USER_MISSING', 'There is no such user.')
    return new Response('fine')
  }, options)
  return { ...host, web, events, handle, browser: createBrowser(handle, base) }
}

const away = () => new SojournError('ERR_STORE_UNAVAILABLE', 'The store does not answer.', { applied: 'no' })

test('a session that cannot be saved is an event with code and fix, and onError is told of the error', async () => {
  const errors: unknown[] = []
  const { browser, events, time } = await openShop({ onError: (error) => errors.push(error) }, 'http://shop.example')
  const response = await browser.send('/set')
  expect(response.status).toBe(500)
  expect(await response.json()).toMatchObject({ code: 'ERR_TRANSPORT_INSECURE' })
  expect(errors).toMatchObject([{ code: 'ERR_TRANSPORT_INSECURE' }])
  expect(events).toEqual([
    {
      type: 'web.failed',
      at: time.now,
      step: 'commit',
      code: 'ERR_TRANSPORT_INSECURE',
      fix: expect.stringContaining('trustedProxies'),
    },
  ])
})

test('a session that cannot be read is an event, once', async () => {
  const { browser, events, faults } = await openShop({ onError: () => undefined })
  await browser.send('/set')
  faults.set('load', away())
  expect((await browser.send('/')).status).toBe(503)
  expect(events).toMatchObject([{ step: 'load', code: 'ERR_STORE_UNAVAILABLE' }])
})

test('what a trusted proxy says and cannot be read is an event', async () => {
  const { sso } = await openHost()
  const events: unknown[] = []
  const web = webSessions(sso, { trustedProxies: 1 })
  web.on('web.failed', (event) => events.push(event))
  const request = new Request('https://shop.example/', { headers: { forwarded: '???' } })
  await expect(web.load(request)).rejects.toMatchObject({ code: 'ERR_REQUEST_INVALID' })
  expect(events).toMatchObject([{ step: 'load', code: 'ERR_REQUEST_INVALID' }])
})

test('nothing of an error that is not ours reaches the event', async () => {
  const { sso } = await openHost({
    loadUser: () => {
      throw new Error('hunter2')
    },
  })
  const events: unknown[] = []
  const web = webSessions(sso)
  web.on('web.failed', (event) => events.push(event))
  const browser = createBrowser(async (request) => {
    const session = await web.load(request)
    if (session.userId === null) session.login('anna')
    return web.commit(session, new Response())
  })
  await browser.send('/')
  await expect(browser.send('/')).rejects.toThrow('hunter2')
  expect(events).toEqual([{ type: 'web.failed', at: expect.any(Number), step: 'load' }])
})

test('without onError the console tells each failure of the server once, with the fix and without a value', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const { browser } = await openShop({}, 'http://shop.example')
  await browser.send('/set')
  await browser.send('/set')
  await browser.send('/throw')
  const told = warn.mock.calls.flat()
  warn.mockRestore()
  expect(told).toEqual([expect.stringMatching(/ERR_TRANSPORT_INSECURE.*trustedProxies/)])
  expect(told.join()).not.toContain('hunter2')
})

test.each(['at once', 'later'])(
  'an onError that fails itself %s changes nothing about the answer, and the console tells its kind',
  async (when) => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const broken = () => {
      throw new TypeError('a secret')
    }
    const { browser, faults } = await openShop({ onError: when === 'later' ? async () => broken() : broken })
    await browser.send('/set')
    faults.set('load', away())
    for (let at = 0; at < 2; at += 1) expect((await browser.send('/')).status).toBe(503)
    expect(warn.mock.calls).toEqual([['Sojourn: `onError` failed with TypeError.']])
    warn.mockRestore()
  },
)

test.each([new Error('broken'), new SojournError('ERR_USER_MISSING', 'There is no such user.')])(
  'of a request whose handler throws (%s) nothing is saved',
  async (error) => {
    const { sso, calls } = await openHost()
    const handle = webSessions(sso).handle(
      (_, session) => {
        session.set('a', 1)
        throw error
      },
      { onError: () => undefined },
    )
    const answer = await handle(new Request('https://shop.example/')).catch((thrown: unknown) => thrown)
    const outcome = answer instanceof Response ? [answer.status, answer.headers.getSetCookie()] : answer
    expect(outcome).toEqual(error instanceof SojournError ? [404, []] : error)
    expect(calls).toEqual([])
  },
)

test('a handler refuses what is no function', async () => {
  const { web } = await openShop()
  for (const onError of [null, 'log', {}]) {
    expect(() => web.handle(() => new Response(), { onError: onError as never })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID' }),
    )
  }
})

test('a refusal that clients may not be told is answered as a wrong password', async () => {
  const { sso } = await openHost({ login: { informIfLocked: false } })
  const web = webSessions(sso)
  const userId = await sso.user.createUser({
    data: { username: 'anna', password: 'correct-horse-battery-staple' },
    requireSuperUser: false,
    autoApprove: true,
  })
  const handle = web.handle(
    async (request) => {
      const password = request.headers.get('password') ?? ''
      await sso.user.login({ username: 'anna', password })
      return new Response('in')
    },
    { onError: () => undefined },
  )
  const answer = async (password: string) => {
    const response = await handle(new Request('https://shop.example/', { headers: { password } }))
    return [response.status, await response.text()]
  }
  expect((await answer('correct-horse-battery-staple'))[0]).toBe(200)
  await sso.user.lockUser({ userId, requireSuperUser: false })
  const locked = await answer('correct-horse-battery-staple')
  expect(locked[0]).toBe(401)
  expect(locked).toEqual(await answer('guessed'))
})
