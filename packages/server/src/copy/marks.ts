// How does a target remember that it is being copied to?
import type { AuditRecord, Directory } from 'sojourn'
import { isOwnRecord, leaveRecord, ownRecords } from '../own-records.ts'

/** The operation of the records that a copy leaves at its target. */
const OPERATION = 'store.copy'

/** What a copy wrote into the target's audit trail. */
export interface Mark {
  readonly phase: 'begin' | 'end'
  readonly at: number
  /** Of an end: as of when the target was the same as the source. */
  readonly since: number
}

/** Writes a mark. Its record stays: a copy is an act of administration. */
export async function leaveMark(
  to: Directory,
  target: string,
  { phase, at, since }: Mark,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  await leaveRecord(to, OPERATION, at, { ...facts, target, phase, since })
}

/** Whether a record is a mark of copies to this target. Those of another target were copied with the rest. */
export function isMark(record: AuditRecord, target: string): boolean {
  return isOwnRecord(record, OPERATION) && record.details['target'] === target
}

/** The marks of copies to this target, newest first. */
export async function readMarks(to: Directory, target: string): Promise<readonly Mark[]> {
  const records = await ownRecords(to, OPERATION)
  return records
    .filter((record) => isMark(record, target))
    .map(({ at, details }) => ({
      phase: details['phase'] === 'end' ? 'end' : 'begin',
      at,
      since: typeof details['since'] === 'number' ? details['since'] : 0,
    }))
}
