// What is a client's address, and how is it written in one way only?

/** An address in its one spelling. An IPv4 address in IPv6 clothing is IPv4. */
export interface RemoteAddress {
  readonly text: string
  readonly family: 'ipv4' | 'ipv6'
}

/** What follows a link-local address: which network of the host it is on. The text is kept and listed, so it must be as short and as visible as a name. */
const ZONE = /%[^\s\p{C}]{1,64}$/u

/** Reads one address; `undefined` for what is none. The zone of a link-local address is left out. */
export function parseAddress(text: string): RemoteAddress | undefined {
  const plain = text.trim().replace(ZONE, '')
  if (plain.includes('%')) return undefined
  const family = process.getBuiltinModule('node:net').isIP(plain) // not needed by every program that imports us
  if (family === 0) return undefined
  if (family === 4) return { text: plain, family: 'ipv4' }
  const canonical = new URL(`http://[${plain}]/`).hostname.slice(1, -1)
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ?? []
  if (high === undefined || low === undefined) return { text: canonical, family: 'ipv6' }
  const bytes = [Number.parseInt(high, 16), Number.parseInt(low, 16)].flatMap((pair) => [pair >> 8, pair & 0xff])
  return { text: bytes.join('.'), family: 'ipv4' }
}

/** The most addresses that are looked at in one list. */
const MOST_ADDRESSES = 16

/** Reads addresses that are separated by commas; `undefined` where one is none. Empty text holds none. */
export function parseAddresses(text: string): readonly RemoteAddress[] | undefined {
  if (text.trim() === '') return []
  const parts = text.split(',', MOST_ADDRESSES + 1)
  if (parts.length > MOST_ADDRESSES) return undefined
  const found = parts.map(parseAddress)
  return found.every((address) => address !== undefined) ? found : undefined
}
