// Which cookies are believed, which are set, and what does a hostile header do?

import fc from 'fast-check'
import { webSessions } from 'sojourn/web'
import { describe, expect, test } from 'vitest'
import { cookiesNamed } from '../../src/web/cookie.ts'
import { createBrowser } from './support/browser.ts'
import { openHost } from './support/host.ts'

const NAME = '__Host-sojourn'

async function openVisits(options: Parameters<typeof webSessions>[1] = {}) {
  const host = await openHost()
  const web = webSessions<{ seen: number }>(host.sso, options)
  const handle = web.handle((request, session) => {
    if (request.url.endsWith('/count')) session.set('seen', session.get('seen', 0) + 1)
    return Response.json(session.get('seen', 0))
  })
  const visit = async (cookie: string, path = '/') =>
    (await handle(new Request(`https://shop.example${path}`, { headers: { cookie } }))).json()
  return { ...host, web, handle, visit, browser: createBrowser((request) => handle(request)) }
}

/** Headers that somebody might send in place of a cookie; `T` stands for a good token. */
const HOSTILE: readonly string[] = [
  ...['', ' ', ';', '=', ';;;;', '====', '=;=;=', `${NAME}`, `${NAME}=`, `${NAME};`, `=${NAME}=T`, `${NAME} T`, `${NAME}:T`],
  ...[
    `${NAME}==T`,
    `${NAME}="T"`,
    `${NAME}='T'`,
    `${NAME}=T"`,
    `${NAME}=T x`,
    `${NAME}=xT`,
    `${NAME}=Tx`,
    `${NAME}=T=`,
    `${NAME}=T,`,
  ],
  ...[
    `__host-sojourn=T`,
    `__HOST-SOJOURN=T`,
    `__Host-Sojourn=T`,
    `sojourn=T`,
    `__Secure-sojourn=T`,
    `_Host-sojourn=T`,
    `x__Host-sojourn=T`,
    `__Host-sojournx=T`,
  ],
  ...[
    `a=1, ${NAME}=T`,
    `${NAME}[]=T`,
    `${NAME}.a=T`,
    `${NAME}%3DT`,
    `%5F_Host-sojourn=T`,
    `$${NAME}=T`,
    `"${NAME}=T"`,
    `"${NAME}"=T`,
  ],
  ...Array.from({ length: 32 }, (_, code) => `${NAME}=${encodeURIComponent(String.fromCharCode(code))}T`),
  ...Array.from({ length: 32 }, (_, code) => `${NAME}=T${encodeURIComponent(String.fromCharCode(code))}`),
  ...[0xa0, 0x85, 0xad, 0xe9, 0xff].flatMap((code) => [
    `${String.fromCharCode(code)}${NAME}=T`,
    `${NAME}${String.fromCharCode(code)}=T`,
    `${NAME}=${String.fromCharCode(code)}T`,
  ]),
  ...Array.from({ length: 40 }, (_, at) => `${NAME}=T${'A'.repeat(at + 1)}`),
  ...Array.from({ length: 20 }, (_, at) => `${'a=b;'.repeat(at * 150)}${NAME}=T!`),
  ...[1, 10, 100, 1000, 10_000].flatMap((n) => [
    `${';'.repeat(n)}`,
    `${' '.repeat(n)}x`,
    `${'='.repeat(n)}`,
    `${NAME}=${'A'.repeat(n)}`,
    `${`${NAME}=x;`.repeat(n)}`,
  ]),
  ...['constructor', '__proto__', 'toString', 'hasOwnProperty'].flatMap((name) => [`${name}=T`, `${name}=1; ${name}`]),
  ...['../', "' OR 1=1 --", '{7*7}', '<script>', '{"a":1}', '%00', '\\', '|', '`id`', 'sjn_', 'sjn_.', 'sjn_T', '.T', 'T.T'].map(
    (text) => `${NAME}=${text}`,
  ),
]

test('more than 200 hostile headers answer an empty session, without a call of the store', async () => {
  const { visit, browser, calls } = await openVisits()
  await browser.send('/count')
  const token = browser.jar.get(NAME)!
  calls.length = 0
  expect(HOSTILE.length).toBeGreaterThan(200)
  for (const header of HOSTILE) expect([header, await visit(header.replaceAll('T', token))]).toEqual([header, 0])
  expect(calls).toEqual([])
})

test('a good cookie is found among others, wherever it stands', async () => {
  const { visit, browser } = await openVisits()
  await browser.send('/count')
  const good = `${NAME}=${browser.jar.get(NAME)}`
  for (const header of [
    good,
    `a=1; ${good}`,
    `${good};`,
    `a;b=;;=;${good}; c=d`,
    `  ${good}\t`,
    `a=1;${good};b=2`,
    `x=${NAME}=; ${good}`,
  ]) {
    expect([header, await visit(header)]).toEqual([header, 1])
  }
})

test('of several cookies of the name the first valid one counts, and no more than three are tried', async () => {
  const { visit, browser, calls, web, sso } = await openVisits()
  await browser.send('/count')
  const good = `${NAME}=${browser.jar.get(NAME)}`
  const { token } = await sso.sessions.start({ principal: null })
  const ended = `${NAME}=${(await sso.sessions.start({ principal: null })).token}`
  await web.killSessionsByUser('nobody')
  await sso.sessions.end((await sso.sessions.resume(ended.slice(NAME.length + 1)))!.session.id)
  expect(await visit(`${NAME}=bad; ${good}`)).toBe(1)
  expect(await visit(`${ended}; ${good}`)).toBe(1)
  expect(await visit(`${NAME}=${token}; ${good}`)).toBe(0)
  calls.length = 0
  expect(await visit(`${ended}; ${ended}; ${ended}; ${good}`)).toBe(0)
  expect(calls).toEqual(['load', 'load', 'load'])
})

test('any text is read in the way of a simple model', () => {
  const model = (header: string, name: string) =>
    header
      .split(';')
      .filter((pair) => pair.includes('='))
      .map((pair) =>
        [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)].map((text) =>
          text.replaceAll(/^[ \t]+|[ \t]+$/g, ''),
        ),
      )
      .filter(([each]) => each === name)
      .map(([, value]) => value)
      .slice(0, 3)
  const header = fc
    .array(fc.oneof(fc.constantFrom('n', '=', ';', ' ', '\t', 'n=', '; n=v'), fc.string()))
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(header, (text) => {
      expect(cookiesNamed(text, 'n')).toEqual(model(text, 'n'))
    }),
    { numRuns: 2000 },
  )
})

describe('options', () => {
  const line = async (cookie: object, request: Request | string = 'https://shop.example/count') => {
    const { handle } = await openVisits({ cookie })
    return (await handle(typeof request === 'string' ? new Request(request) : request)).headers
      .getSetCookie()[0]
      ?.replace(/=sjn_[^;]+/, '=T')
  }

  test.each([
    [{}, '__Host-sojourn=T; Path=/; HttpOnly; Secure; SameSite=Lax'],
    [{ sameSite: 'strict' }, '__Host-sojourn=T; Path=/; HttpOnly; Secure; SameSite=Strict'],
    [{ sameSite: 'none' }, '__Host-sojourn=T; Path=/; HttpOnly; Secure; SameSite=None'],
    [{ sameSite: null }, '__Host-sojourn=T; Path=/; HttpOnly; Secure'],
    [{ sessionCookie: false }, '__Host-sojourn=T; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Lax'],
    [{ partitioned: true }, '__Host-sojourn=T; Path=/; HttpOnly; Secure; SameSite=Lax; Partitioned'],
    [
      { name: '__Secure-shop', domain: 'shop.example' },
      '__Secure-shop=T; Path=/; Domain=shop.example; HttpOnly; Secure; SameSite=Lax',
    ],
    [{ name: 'shop' }, 'shop=T; Path=/; HttpOnly; Secure; SameSite=Lax'],
  ])('%j over an encrypted connection', async (cookie, expected) => {
    expect(await line(cookie)).toBe(expected)
  })

  test.each([
    [{}, 'sojourn=T; Path=/; HttpOnly; SameSite=Lax'],
    [{ sameSite: 'none', partitioned: true }, 'sojourn=T; Path=/; HttpOnly; SameSite=Lax'],
    [{ name: '__Secure-shop' }, 'shop=T; Path=/; HttpOnly; SameSite=Lax'],
    [{ name: '__Secure-shop', domain: 'shop.example' }, 'shop=T; Path=/; HttpOnly; SameSite=Lax'],
  ])('%j over plain HTTP on this machine', async (cookie, expected) => {
    expect(await line(cookie, 'http://localhost:3000/count')).toBe(expected)
  })

  test.each([
    [{ domain: 'shop.example' }, 'cookie.domain'],
    [{ name: '__Host-a', domain: 'shop.example' }, 'cookie.domain'],
    [{ name: 'a', domain: 'shop.example; Secure' }, 'cookie.domain'],
    [{ name: 'a', sameSite: 'none' }, 'cookie.sameSite'],
    [{ sameSite: 'Lax' }, 'cookie.sameSite'],
    [{ sameSite: 'toString' }, 'cookie.sameSite'],
    [{ name: '' }, 'cookie.name'],
    [{ name: 'a b' }, 'cookie.name'],
    [{ name: 'a;b' }, 'cookie.name'],
    [{ name: '__host-a' }, 'cookie.name'],
    [{ name: '__Host-' }, 'cookie.name'],
    [{ name: 'x'.repeat(200) }, 'cookie.name'],
    [{ sessionCookie: 'yes' }, 'cookie.sessionCookie'],
    [{ partitioned: 1 }, 'cookie.partitioned'],
    [{ secure: false }, 'secure'],
    [{ httpOnly: false }, 'httpOnly'],
  ])('%j is refused when it is configured', async (cookie, field) => {
    const { sso } = await openHost()
    expect(() => webSessions(sso, { cookie: cookie as object })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION_INVALID', errors: [expect.objectContaining({ field })] }),
    )
  })

  test('what is not known, or is no Sojourn, is refused', async () => {
    const { sso } = await openHost()
    expect(() => webSessions(sso, { cookies: {} } as object)).toThrow(/`cookies`/)
    expect(() => webSessions({} as never)).toThrow(/`sso`/)
    expect(() => webSessions(sso, { persistentFieldsOnLogin: ['$x'] })).toThrow(/persistentFieldsOnLogin/)
    for (const option of ['cookie', 'persistentFieldsOnLogin', 'persistentFieldsOnLogout', 'trustedProxies']) {
      expect(() => webSessions(sso, { [option]: null })).toThrow(expect.objectContaining({ code: 'ERR_OPTION_INVALID' }))
    }
  })
})
