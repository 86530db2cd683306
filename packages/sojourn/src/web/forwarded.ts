// What do proxies say about a request: from where, over what, and to which host?
import { SojournError } from '../engine/error.ts'
import { type Address, parseAddress } from './address.ts'

/** What one proxy said. `undefined`: it did not say. */
export interface Hop {
  readonly for: string | undefined
  readonly proto: string | undefined
  readonly host: string | undefined
}

/** One pair and what follows it. No two parts can match the same text, so that it takes linear time whatever comes. */
const PAIR = /[ \t]*(?:([!#$%&'*+.^`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;\\]*))[ \t]*)?([;,]|$)/y

/**
 * Reads a `Forwarded` header, nearest proxy last.
 *
 * @throws {SojournError} `ERR_REQUEST_INVALID`
 * @see RFC 7239
 */
export function readForwarded(header: string): readonly Hop[] {
  const hops: Hop[] = []
  let pairs = new Map<string, string>()
  PAIR.lastIndex = 0
  for (let ended = false; !ended; ) {
    const match = PAIR.exec(header)
    if (match === null) throw garbage('forwarded')
    const [, name, quoted, plain, separator] = match
    const key = name?.toLowerCase()
    if (key !== undefined) {
      if (pairs.has(key)) throw garbage('forwarded')
      pairs.set(key, quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '')
    }
    if (separator === ';') continue
    hops.push({ for: pairs.get('for'), proto: pairs.get('proto')?.toLowerCase(), host: pairs.get('host') })
    pairs = new Map()
    ended = separator === ''
  }
  return hops
}

/** Reads a list such as `X-Forwarded-For`, nearest proxy last. */
export function readList(header: string | undefined): readonly string[] {
  return header === undefined ? [] : header.split(',').map((item) => item.trim())
}

/**
 * The address in a `for`, with or without brackets and port; `undefined` where there is none, or one that a proxy hides (`unknown`, `_name`).
 *
 * @throws {SojournError} `ERR_REQUEST_INVALID`
 */
export function readNode(text: string | undefined, header: string): Address | undefined {
  if (text === undefined || /^(unknown|_[\w.-]+)(:\w+)?$/i.test(text)) return undefined
  const [, six, four] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(text) ?? []
  const address = parseAddress(six ?? four ?? text)
  if (address === undefined) throw garbage(header)
  return address
}

/** The request says something that cannot be read, in a header that a trusted proxy answers for. */
export function garbage(header: string): SojournError {
  return new SojournError('ERR_REQUEST_INVALID', `The header \`${header}\` cannot be read.`, {
    fix: 'See that the proxy sets this header itself.',
    errors: [{ field: header, reason: 'cannot be read' }],
  })
}
