// Where does the server of a database keep its sessions, for commands that would otherwise look for them in the wrong place?
import type { Directory } from 'sojourn'
import { ACTOR, APP } from './command-line/actor.ts'
import { UsageError } from './command-line/usage.ts'
import { maskedUrl } from './settings/settings.ts'
import type { Settings } from './settings/settings-table.ts'

/** The correlation id and operation of the records that a server leaves. */
const OPERATION = 'serve.sessions'

/** Which place the settings name; `null` is the database itself. */
type Place = Pick<Settings, 'db' | 'sessions'>

/** Notes in the audit trail where a server that starts keeps its sessions, if that has changed. Without passwords. */
export async function noteSessionsPlace(directory: Directory, { sessions }: Place, now: number): Promise<void> {
  const place = sessions === undefined ? null : maskedUrl(sessions)
  if ((await notedPlace(directory)) === place) return
  await directory.appendAudit([
    {
      at: now,
      cid: OPERATION,
      operation: OPERATION,
      outcome: 'ok',
      reason: null,
      actor: ACTOR,
      target: null,
      remoteAddr: '',
      app: APP,
      details: { sessions: place },
    },
  ])
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
  const { items } = await directory.listAudit({ cid: OPERATION, limit: 1 })
  const place = items[0]?.operation === OPERATION ? items[0].details['sessions'] : null
  return typeof place === 'string' ? place : null
}
