// From which address does a request come, when there may be proxies in between?
import { BlockList, isIP } from 'node:net'
import { SojournError } from 'sojourn'

/** Answers the address of the client: of the peer, or what trusted proxies say about it. */
export type ClientAddress = (peer: string | undefined, forwardedFor: string | undefined) => string

/**
 * Makes a reader of client addresses.
 *
 * `X-Forwarded-For` counts only when the peer is a trusted proxy; the client is then the right-most address that is not one itself.
 *
 * @param trustedProxies addresses and networks (`10.0.0.0/8`, `::1`). None: the peer is the client, whatever a header says.
 * @throws {SojournError} `ERR_OPTION_INVALID` here for an entry that is neither; from the reader, `ERR_REQUEST_INVALID` for a forwarded
 * header that holds anything but addresses.
 */
export function clientAddressReader(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList()
  for (const entry of trustedProxies) addNetwork(trusted, entry)
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return (peer, forwardedFor) => {
    const direct = plainAddress(peer ?? '') ?? ''
    if (forwardedFor === undefined || direct === '' || !isTrusted(direct)) return direct
    const chain = forwardedFor.split(',').map((part) => plainAddress(withoutPort(part.trim())) ?? refuse())
    return chain.findLast((address) => !isTrusted(address)) ?? chain[0] ?? direct
  }
}

/** The network that a throttle counts for: an IPv4 address, or the /64 of an IPv6 one, which is what one customer gets. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined ? left : [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** Whether a text can be an entry of `trustedProxies`. */
export function isAddressOrNetwork(entry: string): boolean {
  return readNetwork(entry) !== undefined
}

function readNetwork(entry: string) {
  const [address = '', bits] = entry.split('/')
  const family = isIP(address)
  const most = family === 4 ? 32 : 128
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1
  if (family === 0 || length < 0 || length > most) return undefined
  return { address, length, family: family === 4 ? 'ipv4' : 'ipv6' } as const
}

function addNetwork(list: BlockList, entry: string): void {
  const network = readNetwork(entry)
  if (network === undefined) {
    const reason = 'must hold addresses and networks, such as 10.0.0.0/8 or ::1'
    throw new SojournError('ERR_OPTION_INVALID', `\`trustedProxies\` ${reason}.`, {
      errors: [{ field: 'trustedProxies', reason }],
    })
  }
  list.addSubnet(network.address, network.length, network.family)
}

/** An address in its plain form: IPv4 that arrives as IPv6 (`::ffff:1.2.3.4`) is IPv4, a zone is left out. */
function plainAddress(text: string): string | undefined {
  const address = text.replace(/%.*$/, '')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
  return isIP(mapped) === 0 ? undefined : mapped
}

/** Some proxies append the port: `1.2.3.4:5678`, `[::1]:5678`. */
function withoutPort(text: string): string {
  return /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text)?.[1] ?? text
}

function refuse(): never {
  throw new SojournError('ERR_REQUEST_INVALID', '`X-Forwarded-For` holds something that is not an address.', {
    errors: [{ field: 'X-Forwarded-For', reason: 'must be IP addresses separated by commas' }],
  })
}
