// From where may each user come?
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { open, PASSWORD } from './support/open.ts'

async function mayCome(list: string | readonly string[] | undefined, remoteAddr: string, rejectIfNotListed = false) {
  const { sso, create } = await open({
    userAddressList: { root: '*', ada: '*', ...(list === undefined ? {} : { Eve: list }) },
    login: { rejectIfNotListed },
  })
  await create('eve')
  return sso.user.login({ username: 'eve', password: PASSWORD, remoteAddr }).then(
    () => true,
    (error: { readonly code: string }) => error.code,
  )
}

const REFUSED = 'ERR_CREDENTIALS_INVALID'

describe('W-02: address lists', () => {
  test.each([
    { list: undefined, from: '192.0.2.1', outcome: true },
    { list: undefined, from: '', outcome: true },
    { list: '*', from: '192.0.2.1', outcome: true },
    { list: '*', from: '', outcome: true },
    { list: [], from: '192.0.2.1', outcome: REFUSED },
    { list: '', from: '192.0.2.1', outcome: REFUSED },
    { list: '192.0.2.1', from: '192.0.2.1', outcome: true },
    { list: '192.0.2.1', from: '192.0.2.2', outcome: REFUSED },
    { list: '192.0.2.1', from: '', outcome: REFUSED },
    { list: '192.0.2.1', from: '::ffff:192.0.2.1', outcome: true },
    { list: '::ffff:192.0.2.1', from: '192.0.2.1', outcome: true },
    { list: ['10.0.0.0/8', '192.0.2.0/24'], from: '192.0.2.200', outcome: true },
    { list: ['10.0.0.0/8', '192.0.2.0/24'], from: '192.0.3.1', outcome: REFUSED },
    { list: '::ffff:10.0.0.0/104', from: '10.200.0.1', outcome: true },
    { list: '::ffff:10.0.0.0/104', from: '11.0.0.1', outcome: REFUSED },
    { list: '2001:db8::/32', from: '2001:0DB8:0:0::1', outcome: true },
    { list: '2001:db8::/32', from: '2001:db9::1', outcome: REFUSED },
    { list: '2001:db8::1', from: '2001:db8::1', outcome: true },
    { list: '0.0.0.0/0', from: '2001:db8::1', outcome: REFUSED },
    { list: 'fe80::/10', from: 'fe80::1%eth0', outcome: true },
    { list: '10.0.0.0/8', from: '10.0.0.1, 10.0.0.2', outcome: true },
    { list: '10.0.0.0/8', from: '10.0.0.1, 192.0.2.1', outcome: REFUSED },
  ])('$list, from "$from": $outcome', async ({ list, from, outcome }) => {
    expect(await mayCome(list, from)).toBe(outcome)
  })

  test('users who are not listed are refused where that is asked for', async () => {
    expect(await mayCome(undefined, '192.0.2.1', true)).toBe(REFUSED)
    expect(await mayCome('192.0.2.1', '192.0.2.1', true)).toBe(true)
  })

  test('the list holds for every use of a session, not only for its login', async () => {
    const { sso, create, login } = await open({ userAddressList: { eve: '10.0.0.0/8' } })
    await create('eve')
    const currentUst = await login('eve', { remoteAddr: '10.0.0.1' })
    const session = await sso.user.session.getCurrentSession({ currentUst, remoteAddr: '10.0.0.1' })
    await session.attr.set('a', 1)
    for (const remoteAddr of ['192.0.2.1', '']) {
      const use = sso.user.session.getCurrentSession({ currentUst, remoteAddr })
      await expect(use).rejects.toMatchObject({ code: 'ERR_ACCESS_DENIED', subStatus: ['E005001'] })
    }
  })

  test.each(['10.0.0.0/33', '10.0.0.1/x', 'localhost', '10.0.0.0/8/8', '::/129', '/8', '10.0.0.0/', '::ffff:10.0.0.0/95'])(
    'refuses the list %s when Sojourn is opened',
    async (entry) => {
      await expect(open({ userAddressList: { eve: entry } })).rejects.toMatchObject({
        code: 'ERR_OPTION_INVALID',
        errors: [{ field: 'userAddressList.eve' }],
      })
    },
  )

  test('refuses two lists of one user', async () => {
    await expect(open({ userAddressList: { Eve: '*', eve: [] } })).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID' })
  })

  test('a network holds exactly the addresses with its first bits', async () => {
    const { readAddressList } = await import('../../src/sso/access/address-list.ts')
    const number = fc.nat({ max: 0xffffffff })
    const dotted = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.')
    fc.assert(
      fc.property(number, number, fc.integer({ min: 1, max: 32 }), (network, address, bits) => {
        const list = readAddressList({ eve: `${dotted(network)}/${bits}` }, true)
        const isInside = network >>> (32 - bits) === address >>> (32 - bits)
        const from = (text: string) => list.allows('eve', [{ text, family: 'ipv4' }])
        expect(from(dotted(address))).toBe(isInside)
        expect(from(dotted(network))).toBe(true)
      }),
    )
  })
})

describe('W-03: what is no address is refused by name', () => {
  const zones = ['\u0000', '\u001b[31m', '\u202e', 'eth 0', 'z'.repeat(65)].map((zone) => `fe80::1%${zone}`)

  test.each([
    'localhost',
    '999.1.1.1',
    '10.0.0.1,',
    'a'.repeat(5000),
    '10.0.0.1;10.0.0.2',
    Array(20).fill('10.0.0.1').join(),
    ...zones,
  ])('%j', async (remoteAddr) => {
    const { sso } = await open()
    const login = sso.user.login({ username: 'ada', password: PASSWORD, remoteAddr })
    await expect(login).rejects.toMatchObject({ code: 'ERR_OPTION_INVALID', errors: [{ field: 'remoteAddr' }] })
  })
})

describe('W-01: an address that an application passes on', () => {
  const apps = { all: ['CRM', 'Kiosk', 'Kiosk-2'], loginMetadataAllowed: ['Kiosk'] }

  test.each([
    { currentApp: 'CRM', claim: { hasRemoteAddr: true }, refused: true },
    { currentApp: 'CRM', claim: { hasUserAgent: true }, refused: true },
    { currentApp: 'Kiosk-2', claim: { hasRemoteAddr: true }, refused: true },
    { currentApp: 'Kiosk', claim: { hasRemoteAddr: true, hasUserAgent: true }, refused: false },
    { currentApp: 'CRM', claim: {}, refused: false },
  ])('$currentApp with $claim', async ({ currentApp, claim, refused }) => {
    const { sso, create } = await open({ apps, userAddressList: { eve: '10.0.0.0/8' } })
    await create('eve')
    const login = sso.user.login({ username: 'eve', password: PASSWORD, currentApp, remoteAddr: '10.0.0.1', ...claim })
    if (!refused) await login
    else await expect(login).rejects.toMatchObject({ code: 'ERR_ACCESS_DENIED', subStatus: ['E006001'] })
  })
})

test('W-42: without an address or a user agent there is a session all the same', async () => {
  const { sso, login } = await open()
  const currentUst = await login('ada', { remoteAddr: '', userAgent: undefined })
  const session = await sso.user.session.get({ targetUst: currentUst, currentUst, remoteAddr: '' })
  expect(session.toDict()).toMatchObject({ remote_addr: '', user_agent: '' })
})
