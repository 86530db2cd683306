// What does a session look like in the fields of a hash?
//
// Small, and no field over 64 bytes where that can be helped: Redis keeps a hash of short fields as one packed list, at a third of the
// memory (`hash-max-listpack-value`). So long header fields are cut into pieces, and an attribute carries only what is out of the ordinary.
//
// Instants, other than that of the creation, are kept as their difference from it.
//
// An attribute is: one byte of flags; then, where its flag is set, each as digits of 6 bits, lowest first, bit 6 set where more follow:
// created (2, against the session's creation), modified (4, against the attribute's), expires (8, against the session's creation),
// revision (16, where not 1); then the value. Flag 1: the value is sealed. Differences are zigzagged: 0, -1, 1, -2, ... count from 0.
import type { Interaction, NewSession, SessionDetails, SessionState, StoredAttribute } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import type { Arg } from './redis-link.ts'

const SEALED = 1
const CREATED = 2
const MODIFIED = 4
const EXPIRES = 8
const REVISED = 16
const MORE = 64

/** The longest field that a packed hash holds by default. */
const PIECE_BYTES = 64

/** Fields by what they hold. Absent: `null`, `false`, or nothing. */
export const FIELD = {
  expiresAt: 'e',
  absoluteAt: 'a',
  renewAt: 'n',
  /** What is for good, as one field, since a server's answer costs by the fields in it: `createdAt,sliding,principal`, see {@link Origin}. */
  origin: 'c',
  secretHash: 'h',
  previousHash: 'o',
  successor: 'u',
  graceEndsAt: 'y',
  dataKey: 'k',
  previousDataKey: 'l',
  details: 'd',
  /** The generations it was created under, `own,all`. Absent: `0,0`. */
  stamp: 'g',
  /** `writes,attributes,bytes,earliest expiry or nothing` of its attributes. Absent: none was ever written. */
  tally: 'q',
  tombstone: 't',
} as const

/** How many pieces a long field may have; beyond, it is one long piece. */
const PIECES: Readonly<Record<string, number>> = {
  [FIELD.successor]: 2,
  [FIELD.dataKey]: 2,
  [FIELD.previousDataKey]: 2,
  [FIELD.details]: 5,
}

const NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.values(FIELD).map((field) => {
    const names = Array.from({ length: PIECES[field] ?? 1 }, (_, index) => (index === 0 ? field : `${field}${index}`))
    return [field, names] as const
  }),
)

/** The names of all pieces that a field may have. */
export function pieceNames(field: string): readonly string[] {
  return NAMES.get(field) ?? [field]
}

/** Every field of a session that is not an attribute and is needed to read one. */
export const HEADER_FIELDS: readonly string[] = Object.values(FIELD)
  .filter((field) => field !== FIELD.tally)
  .flatMap(pieceNames)

/** The field of an attribute. */
export function attributeField(name: string): string {
  return `=${name}`
}

/** What a session is born with and keeps. */
export interface Origin {
  readonly createdAt: Millis
  /** As `1` or nothing. */
  readonly sliding: boolean
  /** Nothing for a guest's. */
  readonly principal: string | null
}

function packOrigin({ createdAt, sliding, principal }: Origin): string {
  return `${createdAt},${sliding ? '1' : ''},${principal ?? ''}`
}

/** What was packed so; created at `NaN` where it is something else. */
export function unpackOrigin(packed: Buffer): Origin {
  const text = packed.toString()
  const first = text.indexOf(',')
  const second = text.indexOf(',', first + 1)
  const principal = text.slice(second + 1)
  return {
    createdAt: second > first ? Number(text.slice(0, first)) : Number.NaN,
    sliding: second > first + 1,
    principal: principal === '' ? null : principal,
  }
}

/** A field as its pieces; those that are not needed are `null`, to be removed. */
function pieces(field: string, value: string | Uint8Array): [string, Arg | null][] {
  const names = pieceNames(field)
  const bytes = Buffer.from(value)
  const cut = bytes.length <= PIECE_BYTES * names.length ? PIECE_BYTES : bytes.length
  return names.map((name, index) => {
    const piece = bytes.subarray(index * cut, (index + 1) * cut)
    return [name, index > 0 && piece.length === 0 ? null : piece]
  })
}

function oneField(field: string, value: string | number | Uint8Array | null): [string, Arg | null][] {
  if (value === null) return pieceNames(field).map((name) => [name, null])
  if (typeof value === 'number') return [[field, String(value)]]
  return field in PIECES ? pieces(field, value) : [[field, typeof value === 'string' ? value : Buffer.from(value)]]
}

/**
 * The fields that changes of the header come to; `null`: to be removed.
 *
 * @param base the session's creation; 0 where the script subtracts it.
 */
export function packHeader(
  header: Partial<SessionState> & { readonly details?: SessionDetails },
  base: Millis,
): [string, Arg | null][] {
  const { details } = header
  const since = (instant: Millis | null | undefined) => (typeof instant === 'number' ? instant - base : instant)
  const fields = [
    [FIELD.expiresAt, since(header.expiresAt)],
    [FIELD.absoluteAt, since(header.absoluteAt)],
    [FIELD.renewAt, since(header.renewAt)],
    [FIELD.secretHash, header.secretHash],
    [FIELD.previousHash, header.previousHash],
    [FIELD.successor, header.successor],
    [FIELD.graceEndsAt, since(header.graceEndsAt)],
    [FIELD.dataKey, header.dataKey],
    [FIELD.previousDataKey, header.previousDataKey],
    [FIELD.details, details === undefined ? undefined : packDetails(details, base)],
  ] as const
  return fields.flatMap(([field, value]) => (value === undefined ? [] : oneField(field, value)))
}

/** `true` for an authentication at the session's creation, which is the rule. */
function packDetails(details: SessionDetails, base: Millis): string {
  const { remoteAddr, userAgent, app, authType, methods, authenticatedAt } = details
  return JSON.stringify([remoteAddr, userAgent, app, authType, authenticatedAt === base || authenticatedAt, ...methods])
}

/** The fields of a new session, names and values in turn, without its stamp. */
export function packSession(session: NewSession): Arg[] {
  const fields: [string, Arg | null][] = packHeader(session, session.createdAt)
  fields.push([FIELD.origin, packOrigin(session)])
  let [writes, bytes, earliest] = [0, 0, Number.POSITIVE_INFINITY]
  for (const [name, attribute] of session.attributes) {
    fields.push([attributeField(name), packAttribute(attribute, session.createdAt)])
    writes = Math.max(writes, attribute.revision)
    bytes += Buffer.byteLength(name) + Buffer.byteLength(attribute.value)
    earliest = Math.min(earliest, attribute.expiresAt ?? earliest)
  }
  if (writes > 0) {
    const expiry = earliest === Number.POSITIVE_INFINITY ? '' : String(earliest)
    fields.push([FIELD.tally, `${writes},${session.attributes.size},${bytes},${expiry}`])
  }
  return fields.flatMap(([name, value]) => (value === null ? [] : [name, value]))
}

export function packInteraction({ at, remoteAddr, userAgent, source }: Interaction): string {
  return JSON.stringify([at, remoteAddr, userAgent, source])
}

function packAttribute(attribute: StoredAttribute, base: Millis): Arg {
  const { value, createdAt, modifiedAt, expiresAt, revision } = attribute
  let flags = typeof value === 'string' ? 0 : SEALED
  let rest = ''
  const add = (flag: number, number: number) => {
    flags |= flag
    rest += digits(number)
  }
  if (createdAt !== base) add(CREATED, zigzag(createdAt - base))
  if (modifiedAt !== createdAt) add(MODIFIED, zigzag(modifiedAt - createdAt))
  if (expiresAt !== null) add(EXPIRES, zigzag(expiresAt - base))
  if (revision !== 1) add(REVISED, revision)
  const head = String.fromCharCode(flags) + rest
  return typeof value === 'string' ? head + value : Buffer.concat([Buffer.from(head, 'latin1'), value])
}

/** An attribute as it was packed. */
export function unpackAttribute(packed: Buffer, base: Millis): StoredAttribute {
  const flags = packed[0] ?? 0
  let at = 1
  const number = (): number => {
    let [sum, scale] = [0, 1]
    for (;;) {
      const digit = packed[at] ?? 0
      at += 1
      sum += (digit % MORE) * scale
      if (digit < MORE) return sum
      scale *= MORE
    }
  }
  const createdAt = base + (flags & CREATED ? unzigzag(number()) : 0)
  const modifiedAt = createdAt + (flags & MODIFIED ? unzigzag(number()) : 0)
  const expiresAt = flags & EXPIRES ? base + unzigzag(number()) : null
  const revision = flags & REVISED ? number() : 1
  const value = flags & SEALED ? new Uint8Array(packed.subarray(at)) : packed.toString('utf8', at)
  return { value, createdAt, modifiedAt, expiresAt, revision }
}

function zigzag(difference: number): number {
  return difference >= 0 ? 2 * difference : -2 * difference - 1
}

function unzigzag(number: number): number {
  return number % 2 === 0 ? number / 2 : -(number + 1) / 2
}

function digits(number: number): string {
  let [text, rest] = ['', number]
  while (rest >= MORE) {
    text += String.fromCharCode((rest % MORE) + MORE)
    rest = Math.floor(rest / MORE)
  }
  return text + String.fromCharCode(rest)
}
