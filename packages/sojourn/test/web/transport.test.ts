// Whose word counts about encryption, address and host?

import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import fc from 'fast-check'
import { webSessions } from 'sojourn/web'
import { describe, expect, test } from 'vitest'
import { nodeFacts } from '../../src/bindings/node-request.ts'
import { formatAddress, parseAddress } from '../../src/web/address.ts'
import { Transport } from '../../src/web/transport.ts'
import { openHost } from './support/host.ts'

interface Visit {
  readonly url?: string
  readonly headers?: Record<string, string>
  readonly remoteAddr?: string
  readonly encrypted?: boolean
  readonly trustedProxies?: number | readonly string[]
}

/** What a request that needs a cookie comes to: the name of the cookie and the address that is kept, or the error. */
async function visit({ url = 'http://shop.example/', headers = {}, trustedProxies, ...connection }: Visit) {
  const { sso } = await openHost()
  const web = webSessions(sso, { trustedProxies })
  try {
    const session = await web.load(new Request(url, { headers }), connection)
    session.set('a', 1)
    const response = await web.commit(session, new Response())
    const { items } = await sso.sessions.list({ principal: null })
    return [response.headers.getSetCookie()[0]?.split('=')[0], items[0]?.details.remoteAddr]
  } catch (error) {
    return Reflect.get(Object(error), 'code')
  }
}

describe('without proxies', () => {
  test.each<[string, Visit, unknown]>([
    ['HTTPS', { url: 'https://shop.example/' }, ['__Host-sojourn', '']],
    ['an encrypted socket', { encrypted: true, remoteAddr: '192.0.2.7' }, ['__Host-sojourn', '192.0.2.7']],
    ['plain HTTP', {}, 'ERR_TRANSPORT_INSECURE'],
    ['plain HTTP to localhost', { url: 'http://localhost:3000/' }, ['sojourn', '']],
    ['plain HTTP to a name below localhost', { url: 'http://shop.localhost/' }, ['sojourn', '']],
    ['plain HTTP to 127.0.0.1', { url: 'http://127.0.0.1:8080/', remoteAddr: '::ffff:127.0.0.1' }, ['sojourn', '127.0.0.1']],
    ['plain HTTP to [::1]', { url: 'http://[::1]/', remoteAddr: '::1' }, ['sojourn', '::1']],
    ['localhost from elsewhere', { url: 'http://localhost/', remoteAddr: '192.0.2.7' }, 'ERR_TRANSPORT_INSECURE'],
    ['a name that looks like it', { url: 'http://localhost.example/' }, 'ERR_TRANSPORT_INSECURE'],
    ['X-Forwarded-Proto', { headers: { 'x-forwarded-proto': 'https' } }, 'ERR_TRANSPORT_INSECURE'],
    ['Forwarded', { headers: { forwarded: 'proto=https' } }, 'ERR_TRANSPORT_INSECURE'],
    ['X-Forwarded-Proto on loopback', { url: 'http://localhost/', headers: { 'x-forwarded-proto': 'https' } }, ['sojourn', '']],
    [
      'X-Forwarded-For',
      { url: 'https://a/', remoteAddr: '192.0.2.7', headers: { 'x-forwarded-for': '10.0.0.1' } },
      ['__Host-sojourn', '192.0.2.7'],
    ],
    // Some runtimes call a handler, which `web.handle` may be, with an object of their own.
    ['an address that is no text', { url: 'https://a/', remoteAddr: { hostname: '192.0.2.7' } as never }, ['__Host-sojourn', '']],
    ['no address', { url: 'http://localhost/', remoteAddr: null as never }, ['sojourn', '']],
    ['garbage in it', { url: 'https://a/', headers: { 'x-forwarded-for': 'x', forwarded: '"' } }, ['__Host-sojourn', '']],
  ])('%s', async (_, given, expected) => {
    expect(await visit(given)).toEqual(expected)
  })

  test('the error names the setting', async () => {
    const { sso } = await openHost()
    const web = webSessions(sso)
    const session = await web.load(new Request('http://shop.example/'))
    session.set('a', 1)
    await expect(web.commit(session, new Response())).rejects.toMatchObject({ fix: expect.stringContaining('trustedProxies') })
  })

  test('a cookie on plain HTTP is not read: a stranger on the way could have set it', async () => {
    const { sso, calls } = await openHost()
    const web = webSessions(sso)
    const { token } = await sso.sessions.start({ principal: null })
    calls.length = 0
    for (const [url, name] of [
      ['http://shop.example/', '__Host-sojourn'],
      ['http://shop.example/', 'sojourn'],
      ['https://shop.example/', 'sojourn'],
      ['http://localhost/', '__Host-sojourn'],
    ]) {
      expect((await web.load(new Request(url!, { headers: { cookie: `${name}=${token}` } }))).isNew).toBe(true)
    }
    expect(calls).toEqual([])
  })
})

describe('behind proxies', () => {
  const proxied = (headers: Record<string, string>, more: Visit = {}): Visit => ({
    trustedProxies: 1,
    remoteAddr: '10.0.0.9',
    headers,
    ...more,
  })
  test.each<[string, Visit, unknown]>([
    [
      'one that says https',
      proxied({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' }),
      ['__Host-sojourn', '192.0.2.1'],
    ],
    ['one that says wss', proxied({ 'x-forwarded-proto': 'wss' }), ['__Host-sojourn', '10.0.0.9']],
    ['one that says ws', proxied({ 'x-forwarded-proto': 'ws' }, { url: 'https://a/' }), 'ERR_TRANSPORT_INSECURE'],
    [
      'both kinds, of which one says wss',
      proxied({ 'x-forwarded-proto': 'wss', forwarded: 'proto=https' }),
      ['__Host-sojourn', '10.0.0.9'],
    ],
    ['one that says http', proxied({ 'x-forwarded-proto': 'http' }, { url: 'https://a/' }), 'ERR_TRANSPORT_INSECURE'],
    ['one that says nothing', proxied({}, { encrypted: true }), ['__Host-sojourn', '10.0.0.9']],
    [
      'a client that forges more',
      proxied({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '1.1.1.1, 192.0.2.1' }),
      ['__Host-sojourn', '192.0.2.1'],
    ],
    [
      'garbage left of the client',
      proxied({ 'x-forwarded-proto': 'https', 'x-forwarded-for': 'garbage, 192.0.2.1' }),
      ['__Host-sojourn', '192.0.2.1'],
    ],
    [
      'garbage for the client',
      proxied({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1, garbage' }),
      'ERR_REQUEST_INVALID',
    ],
    ['garbage for the protocol', proxied({ 'x-forwarded-proto': 'gopher' }), 'ERR_REQUEST_INVALID'],
    ['garbage for the host', proxied({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a b' }), 'ERR_REQUEST_INVALID'],
    [
      'an address with a port',
      proxied({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1:4711' }),
      ['__Host-sojourn', '192.0.2.1'],
    ],
    [
      'IPv6 in brackets',
      proxied({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '[2001:DB8::1]:4711' }),
      ['__Host-sojourn', '2001:db8::1'],
    ],
    [
      'two of them',
      proxied({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '1.1.1.1, 192.0.2.1, 10.0.0.8' }, { trustedProxies: 2 }),
      ['__Host-sojourn', '192.0.2.1'],
    ],
    [
      'the protocol that the far one of two says',
      proxied({ 'x-forwarded-proto': 'https, http', 'x-forwarded-for': '192.0.2.1, 10.0.0.8' }, { trustedProxies: 2 }),
      ['__Host-sojourn', '192.0.2.1'],
    ],
    [
      'a protocol that the client forges before two',
      proxied(
        { 'x-forwarded-proto': 'https, http, http', 'x-forwarded-for': '1.1.1.1, 192.0.2.1, 10.0.0.8' },
        { trustedProxies: 2 },
      ),
      'ERR_TRANSPORT_INSECURE',
    ],
    ['the nearest of two protocols', proxied({ 'x-forwarded-proto': 'https, http' }), 'ERR_TRANSPORT_INSECURE'],
    [
      'Forwarded',
      proxied({ forwarded: 'for=1.1.1.1, for="[2001:db8::1]:4711";proto=https;host=shop.example' }),
      ['__Host-sojourn', '2001:db8::1'],
    ],
    [
      'Forwarded, quoted and in capitals',
      proxied({ forwarded: 'For="192.0.2.\\1";Proto=HTTPS' }),
      ['__Host-sojourn', '192.0.2.1'],
    ],
    ['Forwarded that hides the client', proxied({ forwarded: 'for=_hidden;proto=https' }), ['__Host-sojourn', '10.0.0.9']],
    ['Forwarded that is garbage', proxied({ forwarded: 'for="' }), 'ERR_REQUEST_INVALID'],
    ['Forwarded that says a thing twice', proxied({ forwarded: 'for=1.1.1.1;for=2.2.2.2' }), 'ERR_REQUEST_INVALID'],
    ['Forwarded with an address that is none', proxied({ forwarded: 'for=1.1.1.256;proto=https' }), 'ERR_REQUEST_INVALID'],
    [
      'a client that forges the kind of header the proxy does not set',
      proxied({ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'http', forwarded: 'for=127.0.0.1;proto=https' }),
      'ERR_REQUEST_INVALID',
    ],
    [
      'both kinds that agree',
      proxied({ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https', forwarded: 'for=192.0.2.1;proto=https' }),
      ['__Host-sojourn', '192.0.2.1'],
    ],
    [
      'a list that has the peer',
      proxied(
        { 'x-forwarded-proto': 'https', 'x-forwarded-for': '1.1.1.1, 192.0.2.1, 10.0.0.8' },
        { trustedProxies: ['10.0.0.0/8'] },
      ),
      ['__Host-sojourn', '192.0.2.1'],
    ],
    [
      'a list that has not the peer',
      proxied({ 'x-forwarded-proto': 'https' }, { trustedProxies: ['10.1.0.0/16'] }),
      'ERR_TRANSPORT_INSECURE',
    ],
    [
      'a list, and a peer that is not known',
      { trustedProxies: ['10.0.0.0/8'], headers: { 'x-forwarded-proto': 'https' } },
      'ERR_TRANSPORT_INSECURE',
    ],
    [
      'a list and an address in IPv6',
      proxied(
        { 'x-forwarded-proto': 'https', 'x-forwarded-for': '::ffff:192.0.2.1, fd00::2' },
        { remoteAddr: 'fd00::1%eth0', trustedProxies: ['fd00::/8'] },
      ),
      ['__Host-sojourn', '192.0.2.1'],
    ],
    ['more and more blanks', proxied({ forwarded: `${' \t'.repeat(4000)}x` }), 'ERR_REQUEST_INVALID'],
  ])('%s', async (_, given, expected) => {
    expect(await visit(given)).toEqual(expected)
  })

  test.each([-1, 1.5, Number.NaN, '1', ['10.0.0.0/33'], ['10.0.0'], ['::/129'], [1], {}])(
    '%j is refused when it is configured',
    async (trustedProxies) => {
      const { sso } = await openHost()
      expect(() => webSessions(sso, { trustedProxies: trustedProxies as number })).toThrow(/`trustedProxies`/)
    },
  )

  test('no header makes anything but an answer or a refusal', async () => {
    const { sso } = await openHost()
    const web = webSessions(sso, { trustedProxies: 1 })
    const text = fc.string({ unit: fc.constantFrom(...'"\\;,=[]:. fordpht1_-%/'.split('')), maxLength: 60 })
    const headers = fc.record(
      { forwarded: text, 'x-forwarded-for': text, 'x-forwarded-proto': text, 'x-forwarded-host': text },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(headers, async (given) => {
        const response = await web.handle(() => new Response('ok'))(new Request('https://shop.example/', { headers: given }))
        expect([200, 400]).toContain(response.status)
      }),
      { numRuns: 1000 },
    )
  })
})

test('hosts are compared as browsers write them: in lower case, without the port that goes without saying', async () => {
  const { sso } = await openHost()
  const web = webSessions(sso, { trustedProxies: 1 })
  for (const [proto, host, origin] of [
    ['https', 'Shop.Example:443', 'https://shop.example'],
    ['http', 'shop.example:80', 'http://shop.example'],
    ['https', 'shop.example:80', 'https://shop.example:80'],
  ] as const) {
    const headers = { origin, 'x-forwarded-proto': proto, 'x-forwarded-host': host }
    const request = new Request('http://10.0.0.1/', { method: 'POST', headers })
    await web.load(request)
    await expect(web.csrf()(request)).resolves.toBeUndefined()
  }
  // Node hands it on as it came.
  const request = Object.assign(new IncomingMessage(new Socket()), { headers: { host: 'LocalHost:80' } })
  const transport = new Transport(nodeFacts(request), () => undefined)
  expect([transport.cookie, transport.origin()]).toEqual(['plain', 'http://localhost'])
})

test('addresses are read and written as URLs write them', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const address = parseAddress(text)!
      const host = new URL(`http://[${text}]/`).hostname.slice(1, -1)
      if (address.length === 16) expect(formatAddress(address)).toBe(host)
      else expect(host).toMatch(/^::ffff:/)
      expect(formatAddress(parseAddress(formatAddress(address))!)).toBe(formatAddress(address))
    }),
  )
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      expect(formatAddress(parseAddress(text)!)).toBe(text)
    }),
  )
  for (const bad of [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.1.1.1',
    '1.2.3.4 ',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::g',
    '::1%',
    '::1%a%b',
    '::1.2.3',
    '12345::',
  ]) {
    expect([bad, parseAddress(bad)]).toEqual([bad, undefined])
  }
})
