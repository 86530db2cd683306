// What does the web face need to know of a request that came through Node's own server?
import type { IncomingMessage } from 'node:http'
import type { RequestFacts } from '../web/request.ts'

/** The facts of a request of `node:http`, `node:https` or the compatible part of `node:http2`. */
export function nodeFacts(request: IncomingMessage): RequestFacts {
  const { headers, socket } = request
  return {
    method: request.method ?? 'GET',
    header: (name) => text(headers[name]),
    host: () => headers.host ?? text(headers[':authority']) ?? '',
    encrypted: 'encrypted' in socket && socket.encrypted === true,
    remoteAddr: socket.remoteAddress,
  }
}

function text(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header
}

/** A field of a body that a parser has put beside the request. */
export function parsedField(request: object, name: string): unknown {
  const body: unknown = 'body' in request ? request.body : undefined
  return typeof body === 'object' && body !== null && Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined
}
