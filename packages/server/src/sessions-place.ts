// Where does the server of a database keep its sessions, for commands that would otherwise look for them in the wrong place?
import type { AuditRecord, Directory } from 'sojourn'
import { UsageError } from './command-line/usage.ts'
import { isOwnRecord, leaveRecord, ownRecords } from './own-records.ts'
import { maskedUrl } from './settings/settings.ts'
import type { Settings } from './settings/settings-table.ts'

/** The operation of the records that a server leaves. */
const OPERATION = 'serve.sessions'

/** Which place the settings name; `null` is the database itself. */
type Place = Pick<Settings, 'db' | 'sessions'>

/** Notes in the audit trail where a server that starts keeps its sessions, if that has changed. Without passwords. */
export async function noteSessionsPlace(directory: Directory, { sessions }: Place, now: number): Promise<void> {
  const place = sessions === undefined ? null : maskedUrl(sessions)
  if ((await notedPlace(directory)) === place) return
  await leaveRecord(directory, OPERATION, now, { sessions: place })
}

/** Whether a record is such a note. It is of its own database: a copy of that has its sessions elsewhere. */
export function isPlaceNote(record: AuditRecord): boolean {
  return isOwnRecord(record, OPERATION)
}

/**
 * Refuses to work on sessions in the database where a server keeps them elsewhere: a lock would be told as done, and the sessions would go on.
 *
 * @throws {UsageError}
 */
export async function requireSessionsPlace(directory: Directory, { db, sessions }: Place): Promise<void> {
  if (sessions !== undefined) return
  const place = await notedPlace(directory)
  if (place === null) return
  throw new UsageError(
    `The server of ${maskedUrl(db)} keeps sessions in ${place}: name that with --sessions, or they go on. If that is no longer so, start \`sojourn serve\` without --sessions once.`,
  )
}

async function notedPlace(directory: Directory): Promise<string | null> {
  const [newest] = await ownRecords(directory, OPERATION)
  const place = newest?.details['sessions']
  return typeof place === 'string' ? place : null
}
