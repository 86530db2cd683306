// How does a target remember that it is being copied to?
import type { AuditRecord, Directory } from 'sojourn'
import { ACTOR, APP } from '../command-line/actor.ts'

/** The correlation id and operation of the records that a copy leaves at its target. */
const OPERATION = 'store.copy'

/** How many of the newest are looked at. */
const MOST = 1000

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
  const details = { ...facts, target, phase, since }
  await to.appendAudit([
    {
      at,
      cid: OPERATION,
      operation: OPERATION,
      outcome: 'ok',
      reason: null,
      actor: ACTOR,
      target: null,
      remoteAddr: '',
      app: APP,
      details,
    },
  ])
}

/** Whether a record is a mark of copies to this target. Those of another target were copied with the rest. */
export function isMark(record: AuditRecord, target: string): boolean {
  return record.operation === OPERATION && record.cid === OPERATION && record.details['target'] === target
}

/** The marks of copies to this target, newest first. */
export async function readMarks(to: Directory, target: string): Promise<readonly Mark[]> {
  const { items } = await to.listAudit({ cid: OPERATION, limit: MOST })
  return items
    .filter((record) => isMark(record, target))
    .map(({ at, details }) => ({
      phase: details['phase'] === 'end' ? 'end' : 'begin',
      at,
      since: typeof details['since'] === 'number' ? details['since'] : 0,
    }))
}
