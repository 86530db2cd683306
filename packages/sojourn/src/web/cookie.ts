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
 * Each pair is cut out once and nothing is decoded, so that a hostile header costs time that is linear in its length and cannot fail.
 *
 * @see RFC 6265bis section 5.8.3
 */
export function cookiesNamed(header: string, name: string): readonly string[] {
  if (!header.includes(name)) return []
  const found: string[] = []
  for (const pair of header.split(';')) {
    const text = trimBlanks(pair)
    const rest = text.startsWith(name) ? trimBlanks(text.slice(name.length)) : ''
    if (rest[0] === '=') found.push(trimBlanks(rest.slice(1)))
  }
  return found.slice(0, MOST_OF_A_NAME)
}

/** Spaces and tabs alone: other white space is part of a name or value, or `__Host-` names could be forged with it. */
function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (isBlank(text[start])) start += 1
  while (end > start && isBlank(text[end - 1])) end -= 1
  return text.slice(start, end)
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t'
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
