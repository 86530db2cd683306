// How do links, one-time tokens, audit records and effects look as rows of PostgreSQL?
import type {
  AuditRecord,
  DirectoryWrite,
  Effect,
  LinkedAccount,
  OneTimeToken,
  PendingEffect,
  UserOutcome,
} from '../../sso/directory.ts'
import type { Row } from './postgres-client.ts'
import { bit, fields, json, listOf, number, oneOf, orNull, storable, text } from './postgres-text.ts'

const textOrNull = orNull(text)

function writeEffect({ principal, ...effect }: Effect): Effect {
  const safe = { ...principal, id: storable(principal.id) }
  if (effect.kind === 'bump' || effect.except === undefined) return { kind: effect.kind, principal: safe }
  return { kind: effect.kind, principal: safe, except: storable(effect.except) }
}

function effectOf(value: unknown): Effect {
  const { kind, principal: owner, except } = fields(value)
  const { id, tag } = fields(owner)
  const principal = { id: text(id), tag: text(tag) }
  if (oneOf<Effect['kind']>(['revoke', 'bump'])(kind) === 'bump') return { kind: 'bump', principal }
  return { kind: 'revoke', principal, ...(except === undefined ? {} : { except: text(except) }) }
}

/** What goes with a write, as the functions of the schema take it. An audit record stays the JSON text it is. */
export function writeAlong({ now, audit, effects, applyEffects }: DirectoryWrite): string {
  return JSON.stringify({
    now,
    applyEffects,
    audit: audit.map((record) => [storable(record.cid), JSON.stringify(record)]),
    effects: effects.map(writeEffect),
  })
}

/** The outcome of a write, from JSON text. */
export function userOutcome(column: unknown): UserOutcome {
  const { outcome, pending } = fields(json(column))
  const found = oneOf<UserOutcome['outcome']>(['done', 'missing', 'exists', 'superseded', 'last-super-user'])(outcome)
  if (found !== 'done') return { outcome: found }
  const kept = listOf(fields)(pending)
  return { outcome: found, pending: kept.map(({ id, effect }) => ({ id: text(id), effect: effectOf(effect) })) }
}

/** A row of `pendingEffects`. */
export function pendingEffect(row: Row): PendingEffect {
  return { id: String(number(row[0])), effect: effectOf(json(row[1])) }
}

/** A row of `listLinks`. */
export function linkedAccount(row: Row): LinkedAccount {
  return {
    userId: text(row[0]),
    authType: text(row[1]),
    authId: text(row[2]),
    authUsername: text(row[3]),
    isActive: bit(row[4]),
    creationTime: number(row[5]),
  }
}

/** A row of `takeToken`. */
export function oneTimeToken(row: Row): OneTimeToken {
  return {
    kind: text(row[0]),
    hash: text(row[1]),
    userId: textOrNull(row[2]),
    createdAt: number(row[3]),
    expiresAt: number(row[4]),
    data: textOrNull(row[5]),
  }
}

const plainText = (value: unknown) => (typeof value === 'string' ? value : '')
const plainTextOrNull = (value: unknown) => (typeof value === 'string' ? value : null)

/** An audit record from its JSON text. */
export function auditRecord(column: unknown): AuditRecord {
  const record = fields(json(column))
  return {
    at: number(record['at']),
    cid: plainText(record['cid']),
    operation: plainText(record['operation']),
    outcome: oneOf<AuditRecord['outcome']>(['ok', 'refused', 'failed'])(record['outcome']),
    reason: plainTextOrNull(record['reason']),
    actor: plainTextOrNull(record['actor']),
    target: plainTextOrNull(record['target']),
    remoteAddr: plainText(record['remoteAddr']),
    app: plainText(record['app']),
    details: fields(record['details']),
  }
}
