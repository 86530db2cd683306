// Does a request prove that it comes from this application's own pages?
import type { RequestFacts } from './request.ts'
import type { Transport } from './transport.ts'

/** Methods that must not change anything (RFC 9110 section 9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** Whether a request may change something. */
export function isUnsafe(facts: RequestFacts): boolean {
  return !SAFE.has(facts.method.toUpperCase())
}

/**
 * Whether the browser says that a page of the same origin sent this: by `Sec-Fetch-Site`, which scripts cannot set, or where there is none by
 * `Origin`. Silence proves nothing.
 *
 * @see Fetch Metadata Request Headers; RFC 6454
 */
export function isSameOrigin(facts: RequestFacts, transport: Transport): boolean {
  const site = facts.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = facts.header('origin')
  return origin !== undefined && origin.toLowerCase() === transport.origin()
}
