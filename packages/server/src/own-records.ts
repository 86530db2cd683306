// Which audit records does this program leave to be read again by itself, and how are they found?
import type { AuditRecord, Directory } from 'sojourn'
import { ACTOR, APP } from './command-line/actor.ts'

/** How many of the newest are looked at. Whoever chooses a correlation id may choose this one, so that others can be among them. */
const MOST = 1000

/** Leaves a record, whose operation is its correlation id too. */
export async function leaveRecord(
  directory: Directory,
  operation: string,
  at: number,
  details: AuditRecord['details'],
): Promise<void> {
  const facts = { outcome: 'ok', reason: null, actor: ACTOR, target: null, remoteAddr: '', app: APP } as const
  await directory.appendAudit([{ at, cid: operation, operation, ...facts, details }])
}

/** Whether a record is one of these. */
export function isOwnRecord(record: AuditRecord, operation: string): boolean {
  return record.operation === operation && record.cid === operation
}

/** The records of an operation, newest first. */
export async function ownRecords(directory: Directory, operation: string): Promise<readonly AuditRecord[]> {
  const { items } = await directory.listAudit({ cid: operation, limit: MOST })
  return items.filter((record) => isOwnRecord(record, operation))
}
