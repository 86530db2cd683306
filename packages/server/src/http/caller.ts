// Who is calling: under which correlation id, from which address, through which application, with which token?
import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { SojournError } from 'sojourn'
import { APP_PATTERN, bearerToken, HEADERS, REQUEST_ID_PATTERN } from 'sojourn/protocol'
import { withoutTokens } from '../without-tokens.ts'
import type { ClientAddress } from './client-address.ts'

/** What a request says about its caller, as every call of the SSO face takes it. */
export interface Caller {
  readonly cid: string
  readonly remoteAddr: string
  readonly userAgent: string
  readonly currentApp?: string
  readonly currentUst?: string
}

/** Longer user agents are cut: the text is kept with each session. */
const MOST_USER_AGENT_CHARACTERS = 512

/** Longer tokens are cut: ours are much shorter, so that what is left is none of them either. */
const MOST_TOKEN_CHARACTERS = 1024

/** The correlation id of a request: the caller's where it is one, otherwise 24 random hexadecimal digits. */
export function correlationId(header: unknown): string {
  return typeof header === 'string' && isRequestId(header) ? header : randomBytes(12).toString('hex')
}

/** A token would be one by its letters, and ends up in answers and audit records then. */
function isRequestId(header: string): boolean {
  return REQUEST_ID_PATTERN.test(header) && withoutTokens(header) === header
}

/** Reads the caller out of a request. Throws `ERR_REQUEST_INVALID` for a header or a query that is not what it should be. */
export function readCaller(request: FastifyRequest, clientAddress: ClientAddress): Caller {
  requireHost(request)
  requireEncoding(request)
  const app = headerOf(request, HEADERS.app)
  const requestId = headerOf(request, HEADERS.requestId)
  if (requestId !== undefined && !isRequestId(requestId)) {
    throw invalid('X-Request-Id', 'must be 1 to 128 letters, digits and . _ : -, and hold no token')
  }
  if (app !== undefined && !APP_PATTERN.test(app)) throw invalid('X-Sojourn-App', 'must be 1 to 128 printable characters')
  const token = bearerToken(headerOf(request, HEADERS.authorization))
  return {
    cid: request.id,
    remoteAddr: clientAddress(request.socket.remoteAddress, headerOf(request, 'x-forwarded-for')),
    userAgent: (headerOf(request, 'user-agent') ?? '').slice(0, MOST_USER_AGENT_CHARACTERS),
    ...(app !== undefined && { currentApp: app }),
    ...(token !== undefined && { currentUst: token.slice(0, MOST_TOKEN_CHARACTERS) }),
  }
}

/** Two hosts, or none, mean different servers to whoever stands in between (RFC 9112, section 3.2). */
function requireHost({ raw: { httpVersion, rawHeaders } }: FastifyRequest): void {
  const hosts = rawHeaders.filter((header, at) => at % 2 === 0 && header.toLowerCase() === 'host').length
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) throw invalid('Host', 'must be there once')
}

/** The framework takes what it cannot decode as it stands: `%E9` would be a name of three characters. */
function requireEncoding({ url }: FastifyRequest): void {
  const [, query = ''] = url.split(/\?(.*)/s, 2)
  try {
    decodeURIComponent(query)
  } catch {
    throw invalid('query', 'must be percent-encoded UTF-8')
  }
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const header = request.headers[name]
  return Array.isArray(header) ? header.join(', ') : header
}

function invalid(field: string, reason: string): SojournError {
  return new SojournError('ERR_REQUEST_INVALID', `\`${field}\` ${reason}.`, { errors: [{ field, reason }] })
}
