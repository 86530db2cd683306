// How does memory keep audit records, and for how long?
import { numberOfCursor } from '../../engine/cursor.ts'
import type { Page } from '../../engine/store.ts'
import type { AuditQuery, AuditRecord } from '../../sso/directory.ts'

/** How many audit records memory keeps at least; the oldest go first, or a long-lived process would fill up with them. */
const AUDIT_KEPT = 100_000

/** How many records one page looks at while it searches for a correlation id. */
const SCANNED = 10_000

/** An append-only list of records, each with its number: how many were appended before it. */
export interface AuditLog {
  readonly append: (records: readonly AuditRecord[]) => void
  /** A cursor is the number of the last record seen. */
  readonly page: (query: AuditQuery) => Page<AuditRecord>
}

/** An empty log. It keeps and answers copies, so that nobody changes a record from outside. */
export function auditLog(): AuditLog {
  const records: AuditRecord[] = []
  let dropped = 0

  return {
    append: (more) => {
      for (const record of more) records.push(structuredClone(record))
      if (records.length <= 2 * AUDIT_KEPT) return
      dropped += records.length - AUDIT_KEPT
      records.splice(0, records.length - AUDIT_KEPT)
    },
    page: ({ after, limit, cid, order = 'newest-first' }) => {
      const items: AuditRecord[] = []
      const step = order === 'newest-first' ? -1 : 1
      const seen = after === undefined ? (step < 0 ? records.length : -1) : numberOfCursor(after) - dropped
      let at = Math.max(-1, Math.min(seen, records.length))
      for (let scanned = 0; items.length < limit && scanned < Math.max(limit, SCANNED); scanned += 1) {
        const record = records[at + step]
        if (record === undefined) return { items }
        at += step
        if (cid === undefined || record.cid === cid) items.push(structuredClone(record))
      }
      return records[at + step] === undefined ? { items } : { items, next: String(at + dropped) }
    },
  }
}
