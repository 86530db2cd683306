// Who is calling, from where, and through which application?
import { invalidOption } from '../../engine/error.ts'
import { randomBytes } from '../../engine/random.ts'
import type { Millis } from '../../engine/time.ts'
import { withoutSecrets } from '../../engine/token.ts'
import type { AuditEntry } from '../audit/audit-entry.ts'
import { type Field, optionalText, textOr } from '../fields.ts'
import { parseAddresses, type RemoteAddress } from './remote-address.ts'

/**
 * The caller's part of every call. Each call accepts all of it and ignores what it has no use for; any name that is neither here nor
 * among the call's own is `ERR_OPTION_INVALID`.
 */
export interface CallContext {
  /** The correlation id that ends up in audit records and answers. Default: 24 random hexadecimal digits. */
  readonly cid?: string | undefined
  /** The caller's own token. An absent or empty one is no token: whoever needs one answers `ERR_SESSION_ENDED`. */
  readonly currentUst?: string | undefined
  /** The application that calls, one of `apps`. Default: the first of `apps`. */
  readonly currentApp?: string | undefined
  /**
   * The client's address, IPv4 or IPv6, as whoever talks to the client saw it. Several, separated by commas, must all be allowed
   * where addresses are restricted. Empty: no address.
   */
  readonly remoteAddr?: string | undefined
  /** The client's user agent. Default: empty. */
  readonly userAgent?: string | undefined
}

/** A call under way: its context as it was understood, when it came, and the record it will leave. */
export interface Call {
  readonly now: Millis
  readonly cid: string
  readonly currentUst: string
  readonly currentApp: string
  /** As it was given. */
  readonly remoteAddr: string
  readonly addresses: readonly RemoteAddress[]
  readonly userAgent: string
  readonly entry: AuditEntry
}

/** The part of a {@link Call} that the caller gave. */
export type CallFacts = Omit<Call, 'now' | 'entry'>

const MOST_CID = 128
const MOST_USER_AGENT = 1024

const cid: Field<string> = (value, name) => {
  const given = textOr('')(value, name)
  if (given.length > MOST_CID || /\p{C}/u.test(given)) {
    throw invalidOption(name, `must have at most ${MOST_CID} characters, none of them invisible`)
  }
  // It is written down as it is, to be found again.
  if (withoutSecrets(given) !== given) throw invalidOption(name, 'must not hold a token')
  return given === '' ? newCid() : given
}

const remoteAddr: Field<string> = (value, name) => {
  const given = textOr('')(value, name).trim()
  if (parseAddresses(given) === undefined) throw invalidOption(name, 'must be an IPv4 or IPv6 address, or empty')
  return given
}

/** How each part of the context is read. */
export const CONTEXT_FIELDS = {
  cid,
  currentUst: textOr(''),
  currentApp: optionalText,
  remoteAddr,
  userAgent: textOr(''),
} as const

/** Only what was given counts, so that a bound context shows through what is left `undefined`. */
export function merged<T>(
  bound: CallContext,
  input: Readonly<Record<string, T>>,
): Readonly<Record<string, T | string | undefined>> {
  return { ...bound, ...Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) }
}

/** A correlation id: 24 hexadecimal digits. */
function newCid(): string {
  return randomBytes(12).toString('hex')
}

/** What a context comes to, once its parts were read. */
export function callFacts(
  read: { readonly [K in keyof typeof CONTEXT_FIELDS]: ReturnType<(typeof CONTEXT_FIELDS)[K]> },
  firstApp: string,
): CallFacts {
  return {
    cid: read.cid,
    currentUst: read.currentUst,
    currentApp: read.currentApp ?? firstApp,
    remoteAddr: read.remoteAddr,
    addresses: parseAddresses(read.remoteAddr) ?? [],
    userAgent: withoutSecrets(read.userAgent.toWellFormed()).slice(0, MOST_USER_AGENT),
  }
}
