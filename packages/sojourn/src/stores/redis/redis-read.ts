// What does a session say that was read from its hash?
import type { ListedSession, SessionHeader, StoredAttribute } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import { attributeField, FIELD, HEADER_FIELDS, type Origin, pieceNames, unpackAttribute, unpackOrigin } from './redis-pack.ts'
import { bytesOrNone, corrupt, listOf, numberOf, pairOf, textOf } from './redis-replies.ts'

/** The fields of a hash. */
export type Fields = ReadonlyMap<string, Buffer>

/** The generations in force for a session. */
export interface Generations {
  readonly own: number
  readonly all: number
  /** The principal's version; 0 for a guest. */
  readonly version: number
}

/** The reply to `HGETALL`. */
export function fieldsOf(reply: unknown): Fields {
  const flat = listOf(reply)
  const fields = new Map<string, Buffer>()
  for (let index = 0; index < flat.length; index += 2) {
    const value = bytesOrNone(flat[index + 1])
    if (value !== undefined) fields.set(textOf(flat[index]), value)
  }
  return fields
}

/** The reply to `HMGET` of these names. */
export function namedFieldsOf(reply: unknown, names: readonly string[]): Fields {
  const values = listOf(reply)
  const fields = new Map<string, Buffer>()
  for (const [index, name] of names.entries()) {
    const value = bytesOrNone(values[index])
    if (value !== undefined) fields.set(name, value)
  }
  return fields
}

/** The fields to ask for: the header's, and those of attributes. */
export function wantedFields(names: readonly string[]): readonly string[] {
  return names.length === 0 ? HEADER_FIELDS : [...HEADER_FIELDS, ...names.map(attributeField)]
}

/** The fields of a shard's counters that decide about sessions of a tag. */
export function counterFields(tag: string): readonly [string, string, string] {
  return [tag, 'n', 'a']
}

/** The generations in force for a user's session or a guest's, from the user's counters, the guests' generation and everybody's. */
export function generationsOf({ principal }: Origin, counters: unknown, guests: unknown, all: unknown): Generations {
  const everybody = numberOf(all)
  if (principal === null) return { own: numberOf(guests), all: everybody, version: 0 }
  const [own, version] = pairOf(counters)
  return { own, all: everybody, version }
}

/** Whether it was revoked since it was created. @throws {SojournError} `ERR_STORE_CORRUPT` */
export function isRevoked(id: string, stamp: Buffer | undefined, { own, all }: Generations): boolean {
  const [stampedOwn, stampedAll] = pairOf(stamp, fieldsOfSession(id))
  return stampedOwn < own || stampedAll < all
}

/** Where there is a session whose deadline is still to come, what it was born with. @throws {SojournError} `ERR_STORE_CORRUPT` */
export function timelyOrigin(id: string, fields: Fields, now: Millis): Origin | undefined {
  const [expiresAt, packed] = [fields.get(FIELD.expiresAt), fields.get(FIELD.origin)]
  if (expiresAt === undefined || packed === undefined) return undefined
  const origin = unpackOrigin(packed)
  const deadline = origin.createdAt + numberOf(expiresAt)
  if (Number.isNaN(deadline)) corruptField(id)
  return deadline > now ? origin : undefined
}

export function isBuried(fields: Fields, now: Millis): boolean {
  const tombstone = fields.get(FIELD.tombstone)
  return tombstone !== undefined && numberOf(tombstone) > now
}

/** The header of the session that the fields are of. */
export function headerOf(id: string, fields: Fields, { createdAt, principal, sliding }: Origin): SessionHeader {
  const instant = (field: string) => {
    const value = createdAt + numberOf(fields.get(field) ?? corruptField(id))
    return Number.isNaN(value) ? corruptField(id) : value
  }
  const instantOrNull = (field: string) => (fields.has(field) ? instant(field) : null)
  return {
    id,
    principal,
    createdAt,
    sliding,
    details: detailsOf(id, fields, createdAt),
    expiresAt: instant(FIELD.expiresAt),
    absoluteAt: instant(FIELD.absoluteAt),
    renewAt: instantOrNull(FIELD.renewAt),
    secretHash: (fields.get(FIELD.secretHash) ?? corruptField(id)).toString(),
    previousHash: fields.get(FIELD.previousHash)?.toString() ?? null,
    successor: ownBytesOf(fields, FIELD.successor),
    graceEndsAt: instantOrNull(FIELD.graceEndsAt),
    dataKey: ownBytesOf(fields, FIELD.dataKey),
    previousDataKey: ownBytesOf(fields, FIELD.previousDataKey),
  }
}

function corruptField(id: string): never {
  throw corrupt(fieldsOfSession(id))
}

const fieldsOfSession = (id: string) => `the fields of session ${id}`

/** A field from its pieces. */
function wholeOf(fields: Fields, field: string): Buffer | undefined {
  const first = fields.get(field)
  const [, next = '', ...others] = pieceNames(field)
  const second = fields.get(next)
  if (first === undefined || second === undefined) return first
  return Buffer.concat([first, second, ...others.flatMap((name) => fields.get(name) ?? [])])
}

/** The bytes of a field, by themselves: what was read may be a small part of something large. */
function ownBytesOf(fields: Fields, field: string): Uint8Array | null {
  const whole = wholeOf(fields, field)
  return whole === undefined ? null : new Uint8Array(whole)
}

function detailsOf(id: string, fields: Fields, createdAt: Millis): SessionHeader['details'] {
  const whole = wholeOf(fields, FIELD.details) ?? corruptField(id)
  const [remoteAddr, userAgent, app, authType, authenticatedAt, ...methods] = parsed(whole, id)
  return {
    remoteAddr: String(remoteAddr),
    userAgent: String(userAgent),
    app: String(app),
    authType: String(authType),
    methods: methods.map(String),
    authenticatedAt: authenticatedAt === true ? createdAt : typeof authenticatedAt === 'number' ? authenticatedAt : null,
  }
}

function parsed(json: Buffer, id: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json.toString())
    return Array.isArray(value) ? value : corruptField(id)
  } catch (error) {
    throw error instanceof SyntaxError ? corrupt(fieldsOfSession(id)) : error
  }
}

/** The attributes among the fields that have not expired. */
export function attributesOf(fields: Fields, createdAt: Millis, now: Millis): ReadonlyMap<string, StoredAttribute> {
  const attributes = new Map<string, StoredAttribute>()
  for (const [field, packed] of fields) {
    if (!field.startsWith('=')) continue
    const attribute = unpackAttribute(packed, createdAt)
    if (attribute.expiresAt === null || attribute.expiresAt > now) attributes.set(field.slice(1), attribute)
  }
  return attributes
}

/** A history, from the reply to `LRANGE`. */
export function historyOf(id: string, reply: unknown): ListedSession['history'] {
  return listOf(reply).map((entry) => {
    const [at, remoteAddr, userAgent, source] = parsed(bytesOrNone(entry) ?? Buffer.alloc(0), id)
    return { at: Number(at), remoteAddr: String(remoteAddr), userAgent: String(userAgent), source: String(source) }
  })
}
