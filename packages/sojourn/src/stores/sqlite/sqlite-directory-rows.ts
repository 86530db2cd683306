// How do links, one-time tokens, audit records and effects become columns, and columns them?
import type { SQLInputValue } from 'node:sqlite'
import type { AuditRecord, Effect, LinkedAccount, OneTimeToken, PendingEffect } from '../../sso/directory.ts'
import { corruptRow } from './sqlite-errors.ts'
import type { Row } from './sqlite-query.ts'

/** The columns of a link: `LINK_COLUMNS` of the statements. */
export function packLink(link: LinkedAccount): SQLInputValue[] {
  return [link.userId, link.authType, link.authId, link.authUsername, Number(link.isActive), link.creationTime]
}

export function unpackLink(row: Row): LinkedAccount {
  const [userId, authType, authId, authUsername, isActive, creationTime] = row as LinkRow // the columns of a STRICT table
  return { userId, authType, authId, authUsername, isActive: isActive === 1, creationTime }
}

type LinkRow = [userId: string, authType: string, authId: string, authUsername: string, isActive: number, creationTime: number]

/** The columns of a one-time token. */
export function packToken(token: OneTimeToken): SQLInputValue[] {
  return [token.kind, token.hash, token.userId, token.createdAt, token.expiresAt, token.data]
}

export function unpackToken(row: Row): OneTimeToken {
  const [kind, hash, userId, createdAt, expiresAt, data] = row as TokenRow // the columns of a STRICT table
  return { kind, hash, userId, createdAt, expiresAt, data }
}

type TokenRow = [kind: string, hash: string, userId: string | null, createdAt: number, expiresAt: number, data: string | null]

/** The columns of an audit record. */
export function packRecord(record: AuditRecord): SQLInputValue[] {
  const { at, cid, operation, outcome, reason, actor, target, remoteAddr, app, details } = record
  return [at, cid, operation, outcome, reason, actor, target, remoteAddr, app, JSON.stringify(details)]
}

/** The audit record in a row that begins with its sequence. */
export function unpackRecord(row: Row): AuditRecord {
  const [, at, cid, operation, outcome, reason, actor, target, remoteAddr, app, details] = row as RecordRow // a STRICT table
  return { at, cid, operation, outcome, reason, actor, target, remoteAddr, app, details: unpackDetails(details) }
}

type RecordRow = [
  sequence: number,
  at: number,
  cid: string,
  operation: string,
  outcome: AuditRecord['outcome'],
  reason: string | null,
  actor: string | null,
  target: string | null,
  remoteAddr: string,
  app: string,
  details: string,
]

function unpackDetails(column: string): AuditRecord['details'] {
  try {
    return JSON.parse(column)
  } catch {
    throw corruptRow('an audit record')
  }
}

/** The columns of an effect. */
export function packEffect(effect: Effect): SQLInputValue[] {
  const except = effect.kind === 'revoke' ? (effect.except ?? null) : null
  return [effect.kind, effect.principal.id, effect.principal.tag, except]
}

/** The effect in a row that begins with its sequence. */
export function unpackEffect(row: Row): PendingEffect {
  const [sequence, kind, id, tag, except] = row as EffectRow // the columns of a STRICT table
  const principal = { id, tag }
  if (kind === 'bump') return { id: String(sequence), effect: { kind, principal } }
  if (kind !== 'revoke') throw corruptRow('an effect')
  return { id: String(sequence), effect: except === null ? { kind, principal } : { kind, principal, except } }
}

type EffectRow = [sequence: number, kind: string, id: string, tag: string, except: string | null]
