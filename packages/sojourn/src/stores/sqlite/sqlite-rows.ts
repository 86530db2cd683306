// How do sessions become columns, and columns sessions?
//
// Attributes are one JSON object in a column of text: name -> [value, created, modified, revision, expires], trailing parts left out
// where they are 0, 0, 1 and never. Text is kept as text; sealed bytes as [base64url]. `created` counts from the creation of the
// session and `modified` from `created`, in milliseconds, which keeps most of them at 0.
import type { SQLInputValue } from 'node:sqlite'
import type { Interaction, SessionDetails, SessionHeader, StoredAttribute } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import { corruptRow } from './sqlite-errors.ts'

type PackedAttribute = [value: string | [string], created?: Millis, modified?: Millis, revision?: number, expires?: Millis]

/** Attributes as the text of their column. */
export function packAttributes(attributes: ReadonlyMap<string, StoredAttribute>, sessionCreatedAt: Millis): string {
  if (attributes.size === 0) return '{}'
  const packed: Record<string, PackedAttribute> = Object.create(null)
  for (const [name, { value, createdAt, modifiedAt, revision, expiresAt }] of attributes) {
    const text: string | [string] = typeof value === 'string' ? value : [base64url(value)]
    const created = createdAt - sessionCreatedAt
    const modified = modifiedAt - createdAt
    if (expiresAt !== null) packed[name] = [text, created, modified, revision, expiresAt]
    else if (revision !== 1) packed[name] = [text, created, modified, revision]
    else if (modified !== 0) packed[name] = [text, created, modified]
    else packed[name] = created === 0 ? [text] : [text, created]
  }
  return JSON.stringify(packed)
}

/** The attributes in the text of their column: all, or those named. */
export function unpackAttributes(
  column: unknown,
  sessionCreatedAt: Millis,
  want: 'all' | readonly string[],
): Map<string, StoredAttribute> {
  const packed = parsed(column, 'attributes')
  if (typeof packed !== 'object' || packed === null) throw corruptRow('attributes')
  const attributes = new Map<string, StoredAttribute>()
  for (const [name, each] of Object.entries(packed)) {
    if (want === 'all' || want.includes(name)) attributes.set(name, unpackAttribute(each, sessionCreatedAt))
  }
  return attributes
}

function unpackAttribute(packed: unknown, sessionCreatedAt: Millis): StoredAttribute {
  if (!Array.isArray(packed)) throw corruptRow('an attribute')
  const [value, created = 0, modified = 0, revision = 1, expiresAt = null] = packed
  const createdAt = sessionCreatedAt + created
  const bytes = Array.isArray(value) ? value[0] : undefined
  if (typeof value !== 'string' && typeof bytes !== 'string') throw corruptRow('an attribute')
  return {
    value: typeof value === 'string' ? value : Uint8Array.from(Buffer.from(bytes, 'base64url')),
    createdAt,
    modifiedAt: createdAt + modified,
    expiresAt,
    revision,
  }
}

/** The columns of a new header from `created_at` on. */
export function packHeader(header: SessionHeader): SQLInputValue[] {
  return [
    header.createdAt,
    header.expiresAt,
    header.absoluteAt,
    header.renewAt,
    header.sliding ? 1 : 0,
    header.secretHash,
    header.previousHash,
    header.successor,
    header.graceEndsAt,
    header.dataKey,
    header.previousDataKey,
    packDetails(header.details),
  ]
}

/** The columns of a header that may change. */
export function packChangedHeader(header: SessionHeader): SQLInputValue[] {
  const [, expiresAt = null, absoluteAt = null, renewAt = null, , ...rest] = packHeader(header)
  return [expiresAt, absoluteAt, renewAt, ...rest]
}

/** The header in a row, from the column where its `id` is. A STRICT table holds nothing but these types. */
export function unpackHeader(row: readonly unknown[], from: number): SessionHeader {
  return {
    id: row[from] as string,
    principal: row[from + 1] as string | null,
    createdAt: row[from + 2] as Millis,
    sliding: row[from + 6] === 1,
    details: unpackDetails(row[from + 13]),
    expiresAt: row[from + 3] as Millis,
    absoluteAt: row[from + 4] as Millis,
    renewAt: row[from + 5] as Millis | null,
    secretHash: row[from + 7] as string,
    previousHash: row[from + 8] as string | null,
    successor: row[from + 9] as Uint8Array | null,
    graceEndsAt: row[from + 10] as Millis | null,
    dataKey: row[from + 11] as Uint8Array | null,
    previousDataKey: row[from + 12] as Uint8Array | null,
  }
}

function packDetails({ remoteAddr, userAgent, app, authType, methods, authenticatedAt }: SessionDetails): string {
  return JSON.stringify([remoteAddr, userAgent, app, authType, methods, authenticatedAt])
}

function unpackDetails(column: unknown): SessionDetails {
  const packed = parsed(column, 'details')
  if (!Array.isArray(packed)) throw corruptRow('details')
  const [remoteAddr, userAgent, app, authType, methods, authenticatedAt] = packed
  // The row may be remembered, and handed out to everybody.
  return { remoteAddr, userAgent, app, authType, methods: Object.freeze(methods), authenticatedAt }
}

/** A history as the text of its column. */
export function packHistory(history: readonly Interaction[]): string {
  return JSON.stringify(history.map(({ at, remoteAddr, userAgent, source }) => [at, remoteAddr, userAgent, source]))
}

/** The history in the text of its column; `null` is an empty one. */
export function unpackHistory(column: unknown): readonly Interaction[] {
  if (column === null) return []
  const packed = parsed(column, 'a history')
  if (!Array.isArray(packed)) throw corruptRow('a history')
  return packed.map(([at, remoteAddr, userAgent, source]) => ({ at, remoteAddr, userAgent, source }))
}

function parsed(column: unknown, what: string): unknown {
  try {
    return JSON.parse(String(column))
  } catch {
    throw corruptRow(what)
  }
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}
