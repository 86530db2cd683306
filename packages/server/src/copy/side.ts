// What stands at either end of a copy?
import { resolve } from 'node:path'
import type { Directory, SessionStore } from 'sojourn'
import { CommandError, UsageError } from '../command-line/usage.ts'
import { maskedUrl } from '../settings/settings.ts'
import type { StoreFinding } from '../stores/opened-url.ts'
import { type OpenChoices, openUrl } from '../stores/openers.ts'

/** The URLs of one end: where users are kept, and where sessions are, if elsewhere. */
export interface SideUrls {
  readonly db: string
  readonly sessions: string | undefined
}

/** One end of a copy. */
export interface Side {
  readonly directory: Directory
  readonly sessions: SessionStore
  /** How it is called, without passwords. */
  readonly name: string
}

/** An end that was opened by its URLs. */
export interface OpenedSide extends Side, AsyncDisposable {
  /** What its operator should know of its servers: that one evicts sessions, for example. */
  warnings(): Promise<readonly StoreFinding[]>
}

/** How flags are called for an end. */
type End = 'from' | 'to'

/**
 * Opens one end. Throws {@link UsageError} for URLs that cannot be an end, {@link CommandError} where there is nothing to copy from.
 */
export async function openSide(end: End, urls: SideUrls, choices: OpenChoices = {}): Promise<OpenedSide> {
  const db = await openUrl(urls.db, choices)
  const others = urls.sessions === undefined ? undefined : await openUrl(urls.sessions, choices)
  const sessions = others?.sessions ?? db.sessions
  const close = async () => {
    await Promise.allSettled([sessions.close(), db.sessions.close(), db.directory?.close()])
    await Promise.allSettled([db.disconnect(), others?.disconnect()])
  }
  try {
    const { directory } = db
    if (directory === undefined)
      throw new UsageError(
        `${maskedUrl(urls.db)} keeps sessions only: name it with --${end}-sessions, beside a --${end} for users.`,
      )
    if (!db.isLasting || others?.isLasting === false)
      throw new UsageError('memory: keeps nothing beyond a process, so there is nothing to copy from it or to it.')
    if (end === 'from' && !(await db.exists())) throw new CommandError(`There is no database at ${maskedUrl(urls.db)}.`)
    const warnings = async () => {
      const found = await Promise.all([db, others].map(async (each) => (await each?.findings()) ?? []))
      return found.flat().filter(({ state }) => state !== 'ok')
    }
    return { directory, sessions, name: nameOf(urls), warnings, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether two URLs lead to the same place, as far as they tell. */
export function isSamePlace(one: string, other: string): boolean {
  return placeOf(one) === placeOf(other)
}

function placeOf(url: string): string {
  const file = /^sqlite:(?:\/\/(?=\/))?(.*)$/s.exec(url)?.[1]
  return file === undefined ? url : `sqlite:${resolve(file)}`
}

function nameOf({ db, sessions }: SideUrls): string {
  return sessions === undefined ? maskedUrl(db) : `${maskedUrl(db)} with sessions in ${maskedUrl(sessions)}`
}
