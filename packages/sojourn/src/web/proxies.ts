// Which proxies are believed, and what do they say about a request?
import { invalidOption } from '../engine/error.ts'
import { type Address, type AddressRange, isInRange, parseAddress, parseRange } from './address.ts'
import { garbage, type Hop, readForwarded, readList, readNode } from './forwarded.ts'
import type { RequestFacts } from './request.ts'

/**
 * Which proxies stand in front of this process: how many, or their addresses (single ones and ranges such as `10.0.0.0/8`).
 *
 * Only what they add to `Forwarded` or `X-Forwarded-For`, `-Proto` and `-Host` is believed: the client's address is the right-most one that
 * no trusted proxy has. A number believes whoever connects, so that clients must not be able to go around the proxies.
 */
export type TrustedProxies = number | readonly string[]

/** What is known about the client behind the proxies; what nobody said is `undefined`. */
export interface Origin {
  readonly address: Address | undefined
  readonly proto: 'http' | 'https' | undefined
  readonly host: string | undefined
}

/** Looks through the proxies of a request; `undefined` where it did not come through a trusted one. */
export type ProxyReader = (facts: RequestFacts) => Origin | undefined

/** Reads the option. */
export function readTrustedProxies(option: TrustedProxies | undefined): ProxyReader {
  if (option === undefined || option === 0) return () => undefined
  const isCount = typeof option === 'number'
  if (isCount ? !Number.isInteger(option) || option < 0 || option > 100 : !Array.isArray(option)) {
    throw invalidOption('trustedProxies', 'must be a count of at most 100, or a list of addresses')
  }
  if (isCount) return (facts) => lookThrough(facts, (nodes) => Math.max(0, nodes.length - option))
  const ranges = option.map((text: unknown) => {
    const range = typeof text === 'string' ? parseRange(text) : undefined
    if (range === undefined) throw invalidOption('trustedProxies', 'must hold addresses or ranges such as 10.0.0.0/8')
    return range
  })
  const trusted = (address: Address | undefined) =>
    address !== undefined && ranges.some((range: AddressRange) => isInRange(address, range))
  return (facts) => {
    if (!trusted(peerAddress(facts))) return undefined
    return lookThrough(facts, (nodes, header) => {
      let at = nodes.length - 1
      while (at > 0 && trusted(readNode(nodes[at], header))) at -= 1
      return at
    })
  }
}

/** Answers the place of the right-most node that is not trusted. */
type FindClient = (nodes: readonly string[], header: string) => number

function lookThrough(facts: RequestFacts, find: FindClient): Origin {
  const standard = facts.header('forwarded')
  const said = readXForwarded(facts, find)
  if (standard === undefined) return said
  return agree(readStandard(standard, find), said)
}

function readStandard(header: string, find: FindClient): Origin {
  const hops = readForwarded(header)
  const hop: Hop | undefined =
    hops[
      find(
        hops.map((each) => each.for ?? 'unknown'),
        'forwarded',
      )
    ]
  return {
    address: readNode(hop?.for, 'forwarded'),
    proto: readProto(hop?.proto, 'forwarded'),
    host: readHost(hop?.host, 'forwarded'),
  }
}

function readXForwarded(facts: RequestFacts, find: FindClient): Origin {
  const nodes = readList(facts.header('x-forwarded-for'))
  const at = find(nodes, 'x-forwarded-for')
  // Most proxies replace these two rather than add to them, so that they may be shorter than the list of addresses.
  const nearest = (header: string) => {
    const items = readList(facts.header(header))
    return items[Math.max(0, items.length - Math.max(1, nodes.length - at))]
  }
  return {
    address: readNode(nodes[at], 'x-forwarded-for'),
    proto: readProto(nearest('x-forwarded-proto')?.toLowerCase(), 'x-forwarded-proto'),
    host: readHost(nearest('x-forwarded-host'), 'x-forwarded-host'),
  }
}

/** A proxy that sets one kind of header passes the client's own of the other kind on. Where they differ, one of them is such a forgery. */
function agree(standard: Origin, said: Origin): Origin {
  return {
    address: either(said.address, standard.address),
    proto: either(said.proto, standard.proto),
    host: either(said.host, standard.host),
  }
}

function either<T extends Address | string>(said: T | undefined, standard: T | undefined): T | undefined {
  if (said !== undefined && standard !== undefined && String(said) !== String(standard)) throw garbage('forwarded')
  return said ?? standard
}

/** Some proxies name the protocol that a connection is upgraded to; the request that asks for the upgrade is one of HTTP. */
function readProto(text: string | undefined, header: string): 'http' | 'https' | undefined {
  if (text === 'wss') return 'https'
  if (text === 'ws') return 'http'
  if (text === undefined || text === 'http' || text === 'https') return text
  throw garbage(header)
}

function readHost(text: string | undefined, header: string): string | undefined {
  if (text === undefined || /^([\w.-]{1,253}|\[[\da-f:.]{2,45}\])(:\d{1,5})?$/i.test(text)) return text?.toLowerCase()
  throw garbage(header)
}

/** The peer that was asked about last: mostly it is the same proxy again. */
let peer: readonly [text?: string, address?: Address | undefined] = []

/** The address of the connection itself, as servers tell it; `undefined` where that is not an address, such as a Unix socket's. */
export function peerAddress({ remoteAddr: text }: RequestFacts): Address | undefined {
  if (typeof text !== 'string') return undefined // whatever else JavaScript or a runtime hands over
  if (peer[0] !== text) peer = [text, parseAddress(text)]
  return peer[1]
}
