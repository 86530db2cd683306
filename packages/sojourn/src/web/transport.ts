// Over what kind of connection did a request come, from whom, and which cookie may it have?
import { type Address, formatAddress, isLoopback, parseAddress } from './address.ts'
import { type Origin, type ProxyReader, peerAddress } from './proxies.ts'
import type { RequestFacts } from './request.ts'

/** What is known about the client's connection. A class for the sake of its methods: few requests call them, and every request has one. */
export class Transport {
  /** Which cookie: the one for encrypted connections, the one for plain HTTP on loopback, or none, as it would be open to anybody on the way. */
  readonly cookie: 'secure' | 'plain' | 'none'
  readonly #facts: RequestFacts
  readonly #behind: Origin | undefined
  readonly #encrypted: boolean

  /** @throws {SojournError} `ERR_REQUEST_INVALID` */
  constructor(facts: RequestFacts, proxies: ProxyReader) {
    const behind = proxies(facts)
    this.#facts = facts
    this.#behind = behind
    this.#encrypted = behind?.proto ? behind.proto === 'https' : facts.encrypted
    this.cookie = this.#encrypted ? 'secure' : this.#isWithinMachine() ? 'plain' : 'none'
  }

  /** The client's address; empty where it is not known. Asked for when a session begins, which few requests do. */
  remoteAddr(): string {
    const address = this.#address()
    return address === undefined ? '' : formatAddress(address)
  }
  /** Scheme, host and port as the client's browser sees them. */
  origin(): string {
    const host = withoutDefaultPort(this.#host(), this.#encrypted ? ':443' : ':80')
    return `${this.#encrypted ? 'https' : 'http'}://${host}`
  }

  #address(): Address | undefined {
    return this.#behind?.address ?? peerAddress(this.#facts)
  }
  #host(): string {
    return this.#behind?.host ?? this.#facts.host().toLowerCase()
  }
  #isWithinMachine(): boolean {
    if (!isLoopbackHost(this.#host())) return false
    const address = this.#address()
    return address === undefined || isLoopback(address)
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
