// How is a request answered that the HTTP parser gives up on, before there is anything to route?
import { maxHeaderSize, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import { type FieldError, SojournError } from 'sojourn'
import { HEADERS, PROBLEM_TYPE, problemOf } from 'sojourn/protocol'
import { correlationId } from './caller.ts'

/** What can be wrong, by the code of the parser. */
const REASONS: Readonly<Record<string, { readonly status: number } & FieldError>> = {
  HPE_HEADER_OVERFLOW: { status: 431, field: 'headers', reason: `must have at most ${maxHeaderSize} bytes in all` },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, field: 'request', reason: 'must arrive sooner' },
}

const MALFORMED = { status: 400, field: 'request', reason: 'must be valid HTTP' }

/** Answers a problem with a correlation id, which is also in the log, and ends the connection. What was received is told to nobody. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket, log: FastifyBaseLogger): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const { status, field, reason } = REASONS[error.code ?? ''] ?? MALFORMED
  const cid = correlationId(undefined)
  const refusal = new SojournError('ERR_REQUEST_INVALID', `\`${field}\` ${reason}.`, { errors: [{ field, reason }] })
  const body = JSON.stringify({ ...problemOf(refusal, cid, 'other'), status })
  log.info({ cid, status, reason: error.code ?? null }, 'a request could not be read')
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `${HEADERS.requestId}: ${cid}`,
    'Cache-Control: no-store',
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
