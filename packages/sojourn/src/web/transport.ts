// Over what kind of connection did a request come, from whom, and which cookie may it have?
import { formatAddress, isLoopback, parseAddress } from './address.ts'
import { type ProxyReader, peerAddress } from './proxies.ts'
import type { RequestFacts } from './request.ts'

/** What is known about the client's connection. */
export interface Transport {
  /** Which cookie: the one for encrypted connections, the one for plain HTTP on loopback, or none, as it would be open to anybody on the way. */
  readonly cookie: 'secure' | 'plain' | 'none'
  /** The client's address; empty where it is not known. Asked for when a session begins, which few requests do. */
  remoteAddr(): string
  /** Scheme, host and port as the client's browser sees them. */
  origin(): string
}

/** Looks at a request's connection. */
export function readTransport(facts: RequestFacts, proxies: ProxyReader): Transport {
  const peer = peerAddress(facts)
  const behind = proxies(facts, peer)
  const encrypted = behind?.proto === undefined ? facts.encrypted : behind.proto === 'https'
  const address = behind?.address ?? peer
  const host = () => behind?.host ?? facts.host().toLowerCase()
  return {
    cookie: encrypted ? 'secure' : isLoopbackHost(host()) && (address === undefined || isLoopback(address)) ? 'plain' : 'none',
    remoteAddr: () => (address === undefined ? '' : formatAddress(address)),
    origin: () => `${encrypted ? 'https' : 'http'}://${withoutDefaultPort(host(), encrypted ? ':443' : ':80')}`,
  }
}

/** `localhost`, names below it, and loopback addresses: browsers never look these up elsewhere. */
function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '')
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  const address = parseAddress(name.replace(/^\[(.*)\]$/, '$1'))
  return address !== undefined && isLoopback(address)
}

function withoutDefaultPort(host: string, port: string): string {
  return host.endsWith(port) ? host.slice(0, -port.length) : host
}
