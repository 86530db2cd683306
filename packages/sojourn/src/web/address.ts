// Which network address does a text name, and is it in a range?

/** An address: 4 bytes, or 16. An IPv4 address inside IPv6 (`::ffff:192.0.2.1`) is the IPv4 address. */
export type Address = readonly number[]

/** A range of addresses. */
export interface AddressRange {
  readonly base: Address
  readonly bits: number
}

/** Reads an address without brackets and port; `undefined` for anything that is not exactly one. A zone (`%eth0`) is left out. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > 64) return undefined
  if (!text.includes(':')) return parseFour(text)
  const [address = '', ...zone] = text.split('%')
  if (zone.length > 1 || zone[0] === '') return undefined
  const bytes = parseSixteen(address)
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes
}

function parseFour(text: string): Address | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined
  const parts = text.split('.')
  const bytes = parts.map(Number)
  // A leading zero means octal to some, so that the same text would name two addresses.
  return bytes.every((byte, at) => byte <= 255 && String(byte) === parts[at]) ? bytes : undefined
}

function parseSixteen(text: string): Address | undefined {
  // URLs read what the standard takes (RFC 4291) and write all of it as groups in hexadecimal; what else they may hold is no address.
  const url = /^[\da-f:.]+$/i.test(text) && URL.parse(`http://[${text}]`)
  if (!url) return undefined
  const [head = [], tail = []] = url.hostname.slice(1, -1).split('::').map(bytesOf)
  return [...head, ...Array<number>(16 - head.length - tail.length).fill(0), ...tail]
}

function bytesOf(groups: string): Address {
  const hex = groups.replace(/(\w+):?/g, (_, group: string) => group.padStart(4, '0'))
  return [...Buffer.from(hex, 'hex')]
}

function isMapped(bytes: Address): boolean {
  return bytes.every((byte, at) => at >= 12 || byte === (at < 10 ? 0 : 0xff))
}

/** Writes an address, always the same way. */
export function formatAddress(address: Address): string {
  if (address.length === 4) return address.join('.')
  const hex = Buffer.from(address).toString('hex')
  // As URLs write it is the standard's way (RFC 5952).
  return new URL(`http://[${hex.replace(/.{4}(?=.)/g, '$&:')}]`).hostname.slice(1, -1)
}

/** Reads `192.0.2.0/24`, or a single address; `undefined` for anything else. */
export function parseRange(text: string): AddressRange | undefined {
  const [address = '', length, ...more] = text.split('/')
  const base = parseAddress(address)
  if (base === undefined || more.length > 0) return undefined
  const bits = length === undefined ? base.length * 8 : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  return bits <= base.length * 8 ? { base, bits } : undefined
}

export function isInRange(address: Address, range: AddressRange): boolean {
  if (address.length !== range.base.length) return false
  return address.every((byte, at) => {
    const bits = Math.min(8, Math.max(0, range.bits - at * 8))
    return (byte ^ (range.base[at] ?? 0)) >> (8 - bits) === 0
  })
}

/** 127.0.0.0/8 and ::1: this machine. */
export function isLoopback(address: Address): boolean {
  return address.length === 4 ? address[0] === 127 : formatAddress(address) === '::1'
}
