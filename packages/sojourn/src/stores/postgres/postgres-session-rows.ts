// How does a session look as a row of PostgreSQL, and how is it read from one?
import type {
  EndedSession,
  Interaction,
  ListedSession,
  NewSession,
  Principal,
  SessionChange,
  SessionDetails,
  SessionHeader,
  StoredSession,
} from '../../engine/store.ts'
import { HISTORY_LIMIT } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import { changesOf, readAttributes, writeAttributes } from './postgres-attributes.ts'
import type { Row } from './postgres-client.ts'
import { base64, bit, bytes, fields, flag, json, listOf, number, orNull, storable, text } from './postgres-text.ts'

/** The scope of tombstones. The others are `guests`, and `u:` with the user id. */
const ENDED = 'ended'

/** Whose counters decide about a principal's sessions. */
export function scopeOf(principal: Pick<Principal, 'id'> | null): string {
  return principal === null ? 'guests' : `u:${storable(principal.id)}`
}

function principalOf(scope: unknown): string | null {
  const found = text(scope)
  return found === 'guests' ? null : found.slice(2)
}

const textOrNull = orNull(text)
const numberOrNull = orNull(number)
const bytesOrNull = orNull(bytes)
const instant = (value: Millis | null) => (value === null ? null : String(value))
const encoded = (value: Uint8Array | null) => (value === null ? null : base64(value))

function detailsOf(column: unknown): SessionDetails {
  const details = fields(json(column))
  return {
    remoteAddr: text(details['remoteAddr']),
    userAgent: text(details['userAgent']),
    app: text(details['app']),
    authType: text(details['authType']),
    methods: listOf(text)(details['methods']),
    authenticatedAt: numberOrNull(details['authenticatedAt']),
  }
}

/** The JSON text of details. It is never read by the server, but may pass through `jsonb` on its way, so it is made storable whole. */
function writeDetails({ remoteAddr, userAgent, app, authType, methods, authenticatedAt }: SessionDetails): string {
  return JSON.stringify({
    remoteAddr: storable(remoteAddr),
    userAgent: storable(userAgent),
    app: storable(app),
    authType: storable(authType),
    methods: methods.map(storable),
    authenticatedAt,
  })
}

function writeInteraction({ at, remoteAddr, userAgent, source }: Interaction): readonly unknown[] {
  return [at, storable(remoteAddr), storable(userAgent), storable(source)]
}

function interactionOf(entry: unknown): Interaction {
  const [at, remoteAddr, userAgent, source] = listOf((field) => field)(entry)
  return { at: number(at), remoteAddr: text(remoteAddr), userAgent: text(userAgent), source: text(source) }
}

/** The parameters that `create` takes for a new session. */
export function sessionRow(session: NewSession): readonly (string | null)[] {
  const writes = [...session.attributes.values()].reduce((highest, { revision }) => Math.max(highest, revision), 0)
  return [
    storable(session.id),
    scopeOf(session.principal === null ? null : { id: session.principal }),
    instant(session.createdAt),
    instant(session.expiresAt),
    instant(session.absoluteAt),
    instant(session.renewAt),
    instant(session.graceEndsAt),
    String(session.sliding),
    session.secretHash,
    session.previousHash,
    encoded(session.successor),
    encoded(session.dataKey),
    encoded(session.previousDataKey),
    writeDetails(session.details),
    writeAttributes(session.attributes, session.createdAt),
    JSON.stringify(session.history.slice(-HISTORY_LIMIT).map(writeInteraction)),
    String(writes),
  ]
}

/** Whether a row is a tombstone. */
export function isTombstone(row: Row): boolean {
  return row[1] === ENDED
}

/** When the session or the tombstone of a row ends. */
export function expiryOf(row: Row): Millis {
  return number(row[3])
}

function headerOf(row: Row): SessionHeader {
  return {
    id: text(row[0]),
    principal: principalOf(row[1]),
    createdAt: number(row[2]),
    expiresAt: expiryOf(row),
    absoluteAt: number(row[4]),
    renewAt: numberOrNull(row[5]),
    graceEndsAt: numberOrNull(row[6]),
    sliding: bit(row[7]),
    secretHash: text(row[8]),
    previousHash: textOrNull(row[9]),
    successor: bytesOrNull(row[10]),
    dataKey: bytesOrNull(row[11]),
    previousDataKey: bytesOrNull(row[12]),
    details: detailsOf(row[13]),
  }
}

/** A row of `load`. */
export function storedSession(row: Row, now: Millis): StoredSession {
  const header = headerOf(row)
  return { ...header, version: number(row[14]), attributes: readAttributes(row[15], header.createdAt, now) }
}

/** A row of `list`; nothing where it is dead. */
export function listedSession(row: Row, now: Millis): ListedSession | undefined {
  if (isTombstone(row) || expiryOf(row) <= now || !bit(row[14])) return undefined
  return { ...headerOf(row), history: listOf(interactionOf)(json(row[15])) }
}

/** A change as the function `update` takes it. */
export function writeChange({ expect, header, attributes, limits }: SessionChange): string {
  const { details, interaction, successor, dataKey, previousDataKey, ...plain } = header ?? {}
  return JSON.stringify({
    ...(expect === undefined ? {} : { expect }),
    ...(header === undefined
      ? {}
      : {
          header: {
            ...plain,
            ...(details === undefined ? {} : { details: writeDetails(details) }),
            ...(interaction === undefined ? {} : { interaction: writeInteraction(interaction) }),
            ...(successor === undefined ? {} : { successor: encoded(successor) }),
            ...(dataKey === undefined ? {} : { dataKey: encoded(dataKey) }),
            ...(previousDataKey === undefined ? {} : { previousDataKey: encoded(previousDataKey) }),
          },
        }),
    ...(attributes === undefined || attributes.length === 0 ? {} : { attributes: changesOf(attributes) }),
    ...(limits === undefined ? {} : { limits }),
  })
}

/** What `sweep` answered: how many rows are gone, and of those the sessions. */
export function sweptRows(column: unknown): { removed: number; ended: readonly EndedSession[]; more: boolean } {
  const { gone, more } = fields(json(column))
  const rows = listOf(listOf((field) => field))(gone)
  const ended = rows.flatMap(([id, scope, revoked]): EndedSession[] =>
    scope === ENDED ? [] : [{ id: text(id), principal: principalOf(scope), reason: flag(revoked) ? 'revoked' : 'expired' }],
  )
  return { removed: rows.length, ended, more: flag(more) }
}
