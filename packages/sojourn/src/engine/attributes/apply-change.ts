// What does a change of a session come to, and when is it refused?
//
// The meaning of `SessionChange`, in one pure function, for stores that change sessions in this process.

import { HISTORY_LIMIT, type Interaction, type Outcome, type SessionChange, type SessionHeader } from '../store.ts'
import type { Millis } from '../time.ts'
import { type AttributeSet, applyAttributes } from './apply-attributes.ts'

/** A live session as a change finds it. */
export interface ChangeableSession extends AttributeSet {
  readonly header: SessionHeader
  /** The principal's version. */
  readonly version: number
}

/** What a change came to: the session as it is now, or why nothing changed. */
export type AppliedChange =
  | (AttributeSet & { readonly outcome: 'done'; readonly header: SessionHeader; readonly added: ReadonlyMap<string, number> })
  | Exclude<Outcome, { readonly outcome: 'done' }>

/** Applies a change to a live session, save for its history; see {@link appendHistory}. What was given stays as it is. */
export function applyChange(session: ChangeableSession, change: SessionChange, now: Millis): AppliedChange {
  const { header, version } = session
  const { expect } = change
  if (expect?.secretHash !== undefined && expect.secretHash !== header.secretHash) return { outcome: 'superseded' }
  if (expect?.version !== undefined && expect.version !== version) return { outcome: 'superseded' }
  if (expect?.dataKey === 'absent' && header.dataKey !== null) return { outcome: 'superseded' }
  const applied = applyAttributes(session, change.attributes ?? [], now, change.limits)
  if (applied.outcome !== 'done') return applied
  return { ...applied, header: change.header === undefined ? header : applyHeader(header, change.header) }
}

function applyHeader(header: SessionHeader, change: NonNullable<SessionChange['header']>): SessionHeader {
  const { touchInterval, interaction: _, ...fields } = change
  const tooSoon =
    touchInterval !== undefined && fields.expiresAt !== undefined && fields.expiresAt < header.expiresAt + touchInterval
  return { ...header, ...fields, ...(tooSoon ? { expiresAt: header.expiresAt } : {}) }
}

/** A history with one more entry and no more than are kept. */
export function appendHistory(history: readonly Interaction[], interaction: Interaction): readonly Interaction[] {
  return [...history, interaction].slice(-HISTORY_LIMIT)
}
