// May the target be written, or would that undo what somebody did there?
import { randomBytes } from 'node:crypto'
import type { SessionInfo } from 'sojourn'
import { CommandError } from '../command-line/usage.ts'
import { strangeRecord } from './copy-audit.ts'
import { readMarks } from './marks.ts'
import { inParallel, itemsOf, pagesOf } from './pages.ts'
import type { Side } from './side.ts'
import type { PassContext } from './tally.ts'

/** What is copied: an end that both have in common is left alone. */
export interface Parts {
  readonly directory: boolean
  readonly sessions: boolean
}

/** How a copy into an admitted target begins. */
export interface Admission {
  readonly mode: 'fill' | 'compare'
  /** As of when the target was the same as the source, or was begun. */
  readonly since: number
}

/** What an admission is decided by. */
interface Candidate {
  readonly from: Side
  readonly to: Side
  readonly parts: Parts
  /** `take`: copies also into a target that was used since; what was changed there is lost. */
  readonly usedTarget: 'refuse' | 'take'
}

/** How far the clocks of machines may differ. Unit: milliseconds. */
export const CLOCK_TOLERANCE = 60_000

const WAY_OUT =
  'Name an empty target; or say --take-used-target to make it what the source is, which loses what was done there since.'

/**
 * Admits a target that is empty, or that nobody has used since it was copied to, and that is of the same installation.
 *
 * @throws {CommandError} for any other; nothing was written to it then.
 */
export async function admit({ from, to, parts, usedTarget }: Candidate, context: PassContext): Promise<Admission> {
  const marks = await readMarks(to.directory, to.name)
  const [newest] = marks
  if (newest === undefined) await requireEmpty(to, parts, context)
  else if (usedTarget === 'refuse') {
    if (parts.directory) await requireUnusedDirectory(from, to, context)
    if (parts.sessions && newest.phase === 'end') await requireUnusedSessions(from, to, newest.at, context)
  }
  if (parts.directory) await shareInstallationKey(from, to)
  if (newest === undefined) return { mode: 'fill', since: 0 }
  const end = marks.find(({ phase }) => phase === 'end')
  return { mode: 'compare', since: end?.since ?? (marks.at(-1)?.at ?? 0) - CLOCK_TOLERANCE }
}

async function requireEmpty({ directory, sessions, name }: Side, parts: Parts, { clock, signal }: PassContext): Promise<void> {
  if (parts.directory) {
    const { items: users } = await directory.listUsers({ limit: 1 })
    const { items: records } = await directory.listAudit({ limit: 1 })
    if (users.length + records.length > 0)
      throw new CommandError(`${name} holds users already, and no copy into it was begun. Name an empty target.`)
  }
  if (!parts.sessions) return
  for await (const _ of itemsOf((query) => sessions.list(query, clock()), signal))
    throw new CommandError(`${name} holds sessions already, and no copy into it was begun. Name an empty target.`)
}

async function requireUnusedDirectory(from: Side, to: Side, { signal }: PassContext): Promise<void> {
  const record = await strangeRecord(from.directory, to.directory, to.name, signal)
  if (record === undefined) return
  const what = `${record.operation} at ${new Date(record.at).toISOString()}`
  throw new CommandError(`${to.name} was used since it was copied to: ${what} is not known to ${from.name}. ${WAY_OUT}`)
}

async function requireUnusedSessions(from: Side, to: Side, copiedAt: number, { clock, signal }: PassContext): Promise<void> {
  const isLater = ({ createdAt }: Pick<SessionInfo, 'createdAt'>) => createdAt > copiedAt + CLOCK_TOLERANCE
  for await (const page of pagesOf((query) => to.sessions.list(query, clock()), signal)) {
    await inParallel(page.filter(isLater), async ({ id }) => {
      if (typeof (await from.sessions.load(id, 'header', clock())) === 'object') return
      throw new CommandError(`${to.name} was used since it was copied to: session ${id} is not known to ${from.name}. ${WAY_OUT}`)
    })
  }
}

/** Session ids, and what is derived from user ids and addresses, mean the same on both sides only under one installation key. */
async function shareInstallationKey(from: Side, to: Side): Promise<void> {
  const key = await from.directory.installationKey(randomBytes(32))
  const kept = await to.directory.installationKey(key)
  if (Buffer.compare(key, kept) !== 0)
    throw new CommandError(
      `${to.name} belongs to another installation: it has an installation key of its own, under which no session of ${from.name} would be found. Name an empty target.`,
    )
}
