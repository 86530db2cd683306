// Is the client's address the right-most one that no trusted proxy has?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clientAddressReader, networkOf } from '../src/http/client-address.ts'

const proxy = fc.integer({ min: 0, max: 255 }).map((last) => `10.0.0.${last}`)
const client = fc.oneof(
  fc.ipV4().filter((address) => !address.startsWith('10.')),
  fc.constant('2001:db8::7'),
)

test('whatever a client claims, the address that the last untrusted hop had counts', () => {
  const read = clientAddressReader(['10.0.0.0/8'])
  fc.assert(
    fc.property(
      fc.array(fc.oneof(client, proxy), { maxLength: 5 }),
      client,
      fc.array(proxy, { maxLength: 3 }),
      proxy,
      (claimed, real, hops, peer) => {
        expect(read(peer, [...claimed, real, ...hops].join(', '))).toBe(real)
        expect(read(real, [...claimed, ...hops].join(', '))).toBe(real)
      },
    ),
  )
})

test('anything but addresses from a trusted proxy is refused', () => {
  const read = clientAddressReader(['10.0.0.1'])
  fc.assert(
    fc.property(
      fc.string().filter((text) => !/^[0-9a-f:.,%\s[\]]*$/i.test(text)),
      (garbage) => {
        expect(() => read('10.0.0.1', `${garbage}, 192.0.2.1`)).toThrow('X-Forwarded-For')
        expect(read('192.0.2.9', garbage)).toBe('192.0.2.9')
      },
    ),
  )
})

test.each([
  ['::ffff:10.0.0.1', '192.0.2.1', '192.0.2.1'],
  ['10.0.0.1', '192.0.2.1:4711', '192.0.2.1'],
  ['10.0.0.1', '[2001:db8::1]:4711', '2001:db8::1'],
  ['10.0.0.1', '10.0.0.1', '10.0.0.1'],
  ['fe80::1%eth0', 'garbage', 'fe80::1'],
  [undefined, 'garbage', ''],
])('from %s with %s it is %s', (peer, forwarded, address) => {
  expect(clientAddressReader(['10.0.0.1'])(peer, forwarded)).toBe(address)
})

test.each(['10.0.0.0/33', '10.0.0', 'proxy.local', '::1/129', '10.0.0.0/', ''])('the trusted proxy %j is refused', (entry) => {
  expect(() => clientAddressReader([entry])).toThrow('trustedProxies')
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
