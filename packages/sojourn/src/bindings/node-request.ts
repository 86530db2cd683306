// What does the web face need to know of a request that came through Node's own server?
import type { IncomingMessage } from 'node:http'
import { fieldOf } from '../web/body-field.ts'
import type { RequestFacts } from '../web/request.ts'

/** The facts of a request of `node:http`, `node:https` or the compatible part of `node:http2`. */
export function nodeFacts(request: IncomingMessage): RequestFacts {
  return new NodeFacts(request)
}

/** A class for the sake of its methods: every request has one, and few need its host. */
class NodeFacts implements RequestFacts {
  readonly method: string
  readonly encrypted: boolean
  readonly remoteAddr: string | undefined
  readonly #request: IncomingMessage

  constructor(request: IncomingMessage) {
    const { method = 'GET', socket } = request
    this.method = method
    this.encrypted = 'encrypted' in socket && socket.encrypted === true
    // Now: a connection that was closed meanwhile does not tell any more.
    this.remoteAddr = socket.remoteAddress
    this.#request = request
  }

  header(name: string): string | undefined {
    return text(this.#request.headers[name])
  }
  host(): string {
    const { headers } = this.#request
    return headers.host ?? text(headers[':authority']) ?? ''
  }
}

function text(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header
}

/** A field of a body that a parser has put beside the request. */
export function parsedField(request: object, name: string): unknown {
  return 'body' in request ? fieldOf(request.body, name) : undefined
}
