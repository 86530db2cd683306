// How does a command get from settings to an open Sojourn?
import { createSojourn, type Directory, isSojournError, type SessionStore, type Sojourn, SojournError } from 'sojourn'
import type { Caller } from './actor.ts'
import { requireFolder } from './file-failure.ts'
import { newKey, readKeys, readOrMakeKeys } from './keys-file.ts'
import { openUrl } from './openers.ts'
import { recordedDirectory } from './recorded-directory.ts'
import { maskedUrl, sojournSettings } from './settings.ts'
import { requireSound } from './settings-in-force.ts'
import type { Settings } from './settings-table.ts'
import { CommandError, UsageError } from './usage.ts'

/** An open Sojourn, what it keeps its data in, and where. */
export interface Opened extends AsyncDisposable {
  readonly sso: Sojourn
  readonly sessions: SessionStore
  readonly directory: Directory
  /** As whom it is called. */
  readonly caller: Caller
  /** Whether there was a database before. */
  readonly existed: boolean
  /** The key ring file; `undefined` where the keys come from the settings, or are good for this process only. */
  readonly keysFile: string | undefined
  /** Whether that file was made just now. */
  readonly keysMade: boolean
}

/**
 * Opens what the settings say.
 *
 * @param mode `make` makes a database and a key ring where there are none; `existing` refuses without a database, so that looking never makes one.
 * Every setting is checked before anything is opened.
 *
 * @throws {UsageError} for a URL that cannot be used here; {@link CommandError} where there is no database.
 */
export async function openSojourn(settings: Settings, mode: 'make' | 'existing', caller: Caller): Promise<Opened> {
  await requireSound(settings)
  const db = await openUrl(settings.db)
  const others = settings.sessions === undefined ? undefined : await openUrl(settings.sessions)
  const disconnect = async () => {
    await Promise.allSettled([db.disconnect(), others?.disconnect()])
  }
  try {
    const { directory } = db
    if (directory === undefined)
      throw new UsageError(`${maskedUrl(settings.db)} keeps sessions only: name it with --sessions, beside a --db for users.`)
    const keysFile = settings.keys === undefined ? (settings.keysFile ?? db.keysFile) : undefined
    if (mode === 'make' && db.isLasting && settings.keys === undefined && keysFile === undefined)
      throw new UsageError(
        `There is no place for a key ring beside ${maskedUrl(settings.db)}: name one with --keys-file, or give the keys in SOJOURN_KEYS.`,
      )
    const existed = await db.exists()
    if (mode === 'existing' && !existed) {
      throw new CommandError(
        `There is no database at ${maskedUrl(settings.db)}. \`sojourn serve --db ${maskedUrl(settings.db)}\` makes one, or name another with --db.`,
      )
    }
    // Before a key ring is made: where there can be no database, nothing is left behind.
    if (existed) await ask(settings.db, directory)
    else if (db.file !== undefined)
      await requireFolder({
        path: db.file,
        failure: `There can be no database at ${maskedUrl(settings.db)}`,
        flag: '--db',
      })
    const store = { sessions: others?.sessions ?? db.sessions, directory: recordedDirectory(directory, caller.cid) }
    const { keys, made } = await keyRing(settings.keys, keysFile, db.isLasting ? mode : 'passing')
    const sso = await createSojourn({ ...sojournSettings(settings), store, ...(keys !== undefined && { keys }) })
    const close = async () => {
      await sso.close()
      await disconnect()
    }
    return { sso, ...store, caller, existed, keysFile, keysMade: made, [Symbol.asyncDispose]: close }
  } catch (error) {
    await disconnect()
    throw error
  }
}

/** Whether a database answers. Says which, when it does not. */
async function ask(url: string, directory: Directory): Promise<void> {
  try {
    await directory.listUsers({ limit: 1 })
  } catch (error) {
    if (!isSojournError(error)) throw error
    const { code, message, fix } = error
    throw new SojournError(code, `${maskedUrl(url)}: ${message}`, { fix, cause: error })
  }
}

/** The keys to work with. `passing`: what is kept ends with this process, and so may its key. */
async function keyRing(given: readonly string[] | undefined, file: string | undefined, mode: 'make' | 'existing' | 'passing') {
  if (given !== undefined) return { keys: given, made: false }
  if (file === undefined) return { keys: mode === 'passing' ? [newKey()] : undefined, made: false }
  return mode !== 'existing' ? readOrMakeKeys(file) : { keys: await readKeys(file), made: false }
}
