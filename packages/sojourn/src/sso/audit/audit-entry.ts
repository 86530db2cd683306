// What will the record of a call under way say?
import { hasNames } from '../../engine/check.ts'
import { withoutSecrets } from '../../engine/token.ts'
import type { AuditRecord } from '../directory.ts'

/** Facts of a record that are known when the call begins. */
export type AuditFacts = Pick<AuditRecord, 'at' | 'cid' | 'operation' | 'remoteAddr' | 'app'>

/** The record of one call, filled in while the call runs. */
export interface AuditEntry {
  /** Who calls, as soon as that is known. */
  actor: string | null
  /** On whom the call acts. */
  target: string | null
  readonly details: Record<string, unknown>
  /** Whether a transaction holds the record of success already, so that no second record is due. */
  isWritten: boolean
  /** The record as things stand. */
  record(outcome: AuditRecord['outcome'], reason: string | null): AuditRecord
}

/** Begins the record of a call. */
export function openEntry(facts: AuditFacts): AuditEntry {
  const entry: AuditEntry = {
    actor: null,
    target: null,
    details: {},
    isWritten: false,
    record: (outcome, reason) => ({
      ...facts,
      outcome,
      reason,
      actor: entry.actor,
      target: entry.target,
      details: { ...entry.details },
    }),
  }
  return entry
}

/** The longest text from outside that goes into a record. Unit: UTF-16 code units. */
const MOST_TEXT = 128
const MOST_NAMES = 100

/** Text from outside, cut so that nobody fills the log with it, and without the secret of a token that was put in the wrong place. */
export function auditText(text: string): string {
  return withoutSecrets(text.toWellFormed()).slice(0, MOST_TEXT)
}

/** A text among the data of a call, for its record, before they are read: `undefined` where there is none. */
export function auditField(data: unknown, name: string): string | undefined {
  const value: unknown = hasNames(data) && Object.hasOwn(data, name) ? Reflect.get(data, name) : undefined
  return typeof value === 'string' ? auditText(value) : undefined
}

/** Names for a record: all of a small number, the first of a large one. */
export function auditNames(names: readonly string[]): readonly string[] {
  return names.slice(0, MOST_NAMES).map(auditText)
}

/** How values are to be kept, for a record: what a call said of all of them, where that is what it must be. */
export function auditKept(options: unknown): { readonly expiration?: number | null; readonly encrypt?: boolean } {
  const { expiration, encrypt }: { expiration?: unknown; encrypt?: unknown } = Object(options)
  return {
    ...((expiration === null || (typeof expiration === 'number' && Number.isFinite(expiration))) && { expiration }),
    ...(typeof encrypt === 'boolean' && { encrypt }),
  }
}
