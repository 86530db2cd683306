// Which cookie does a web application want, and which wishes cannot be had together?
import { refuseUnknown, requireBoolean } from '../engine/check.ts'
import { invalidOption } from '../engine/error.ts'
import type { CookieAttributes } from './cookie.ts'

/** How the browser keeps the token. The cookie is always `HttpOnly`, has `Path=/`, and is `Secure` wherever the connection is encrypted. */
export interface CookieOptions {
  /**
   * What the cookie is called where the connection is encrypted.
   *
   * Default: `__Host-sojourn`. On plain HTTP, which is served on loopback only, the prefix is left out.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID` from {@link webSessions}: not a cookie name, or `__Host-` together with `domain`.
   * @see RFC 6265bis section 4.1.3, "Cookie Name Prefixes"
   */
  readonly name?: string | undefined
  /**
   * Which requests from other sites carry the cookie.
   *
   * Default: `'lax'` (links do, forms do not). `'none'` needs a name that begins with `__Host-` or `__Secure-`, as browsers drop such a
   * cookie when it is not `Secure`; on plain loopback it is sent as `'lax'`. `null` leaves the attribute out.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID` from {@link webSessions}
   */
  readonly sameSite?: 'lax' | 'strict' | 'none' | null | undefined
  /** `true`: gone when the browser ends. `false`: kept for the session's absolute lifetime, by `Max-Age`. Default: `true`. */
  readonly sessionCookie?: boolean | undefined
  /**
   * Shares the cookie with the subdomains of this host name. Default: none, the host alone. On plain loopback it is left out: browsers drop the cookie of
   * another host than the one they ask.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID` from {@link webSessions}: with a `__Host-` name, such as the default one.
   */
  readonly domain?: string | undefined
  /** Keeps a cookie of its own for each site that embeds this one (CHIPS); where the connection is encrypted. Default: `false`. */
  readonly partitioned?: boolean | undefined
}

/** The cookie on one kind of connection. */
export interface CookieForm {
  readonly name: string
  attributes(maxAge: number | undefined): CookieAttributes
}

/** The cookie of an application. */
export interface CookieRules {
  readonly secure: CookieForm
  readonly plain: CookieForm
  readonly sessionCookie: boolean
}

const HOST = '__Host-'
const SECURE = '__Secure-'
const SAME_SITE = { lax: 'Lax', strict: 'Strict', none: 'None' } as const

/** A token of RFC 9110; short enough that with the session's token it stays far below the 4096 bytes that browsers take. */
const NAME = /^[!#$%&'*+.^`|~\w-]{1,128}$/
const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i

/** Reads the options. */
export function readCookieOptions(options: CookieOptions): CookieRules {
  refuseUnknown('cookie', options, ['name', 'sameSite', 'sessionCookie', 'domain', 'partitioned'])
  const { name = `${HOST}sojourn`, sameSite = 'lax', sessionCookie = true, domain, partitioned = false } = options
  if (typeof name !== 'string' || !NAME.test(name))
    throw invalidOption('cookie.name', 'must be a cookie name of at most 128 characters')
  const prefix = prefixOf(name)
  if (sameSite !== null && !Object.hasOwn(SAME_SITE, sameSite)) {
    throw invalidOption('cookie.sameSite', "must be 'lax', 'strict', 'none' or null")
  }
  if (sameSite === 'none' && prefix === '') {
    throw invalidOption('cookie.sameSite', "'none' needs a `cookie.name` that begins with __Host- or __Secure-")
  }
  requireBoolean('cookie.sessionCookie', sessionCookie)
  requireBoolean('cookie.partitioned', partitioned)
  if (domain !== undefined) {
    if (typeof domain !== 'string' || !DOMAIN.test(domain)) throw invalidOption('cookie.domain', 'must be a host name')
    if (prefix === HOST) {
      throw invalidOption('cookie.domain', 'needs a `cookie.name` that does not begin with __Host-')
    }
  }
  const site = sameSite === null ? undefined : SAME_SITE[sameSite]
  return {
    sessionCookie,
    secure: { name, attributes: (maxAge) => ({ maxAge, secure: true, sameSite: site, domain, partitioned }) },
    plain: {
      name: name.slice(prefix.length),
      attributes: (maxAge) => ({
        maxAge,
        secure: false,
        sameSite: site === 'None' ? 'Lax' : site,
        domain: undefined,
        partitioned: false,
      }),
    },
  }
}

/** Browsers know the prefixes in any case; we want them as they are written in the standard. */
function prefixOf(name: string): string {
  for (const prefix of [HOST, SECURE]) {
    if (!name.toLowerCase().startsWith(prefix.toLowerCase())) continue
    if (!name.startsWith(prefix)) throw invalidOption('cookie.name', `must write its prefix as ${prefix}`)
    if (name.length === prefix.length) throw invalidOption('cookie.name', `must say more than ${prefix}`)
    return prefix
  }
  return ''
}
