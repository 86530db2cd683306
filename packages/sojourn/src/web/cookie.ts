// How are cookies read from a request and written to a response?

/** How many cookies of one name are looked at: a browser sends one for each domain and path that it fits. */
const MOST_OF_A_NAME = 3

/** Everything that a `Set-Cookie` line says beside name and value. */
export interface CookieAttributes {
  /** Unit: seconds. `undefined`: until the browser ends. `0`: removed now. */
  readonly maxAge: number | undefined
  readonly secure: boolean
  readonly sameSite: 'Strict' | 'Lax' | 'None' | undefined
  readonly domain: string | undefined
  readonly partitioned: boolean
}

/**
 * The values of the cookies of exactly that name, as they were sent, in their order, at most three.
 *
 * Nothing but these values is cut out and nothing is decoded, so that a hostile header costs time that is linear in its length and cannot fail.
 *
 * @see RFC 6265bis section 5.8.3
 */
export function cookiesNamed(header: string, name: string): readonly string[] {
  const found: string[] = []
  for (let at = 0; at < header.length && found.length < MOST_OF_A_NAME; at += 1) {
    const end = endOfPair(header, at)
    const start = afterBlanks(header, at)
    const equals = header.startsWith(name, start) ? afterBlanks(header, start + name.length) : end
    if (header[equals] === '=') found.push(trimmed(header, equals + 1, end))
    at = end
  }
  return found
}

function endOfPair(header: string, at: number): number {
  const end = header.indexOf(';', at)
  return end < 0 ? header.length : end
}

function trimmed(text: string, from: number, to: number): string {
  const start = afterBlanks(text, from)
  let end = to
  while (end > start && isBlank(text, end - 1)) end -= 1
  return text.slice(start, end)
}

function afterBlanks(text: string, from: number): number {
  let at = from
  while (isBlank(text, at)) at += 1
  return at
}

/** Spaces and tabs alone: other white space is part of a name or value, or `__Host-` names could be forged with it. */
function isBlank(text: string, at: number): boolean {
  return text[at] === ' ' || text[at] === '\t'
}

/** The value of a `Set-Cookie` header. Name, value and domain are known to be harmless: they were checked with the options, or are a token. */
export function cookieLine(name: string, value: string, attributes: CookieAttributes): string {
  const { maxAge, secure, sameSite, domain, partitioned } = attributes
  return [
    `${name}=${value}`,
    'Path=/',
    domain && `Domain=${domain}`,
    maxAge !== undefined && `Max-Age=${maxAge}`,
    maxAge === 0 && 'Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    'HttpOnly',
    secure && 'Secure',
    sameSite && `SameSite=${sameSite}`,
    partitioned && 'Partitioned',
  ]
    .filter(Boolean)
    .join('; ')
}
