// How does a command get from settings to an open Sojourn?
import { createSojourn, type Directory, isSojournError, type SessionStore, type Sojourn, SojournError } from 'sojourn'
import type { Caller } from './command-line/actor.ts'
import { requireFolder } from './command-line/file-failure.ts'
import { recordedDirectory } from './command-line/recorded-directory.ts'
import { CommandError, UsageError } from './command-line/usage.ts'
import { newKey, readKeys, readOrMakeKeys } from './keys-file.ts'
import { maskedUrl, sojournSettings } from './settings/settings.ts'
import { requireSound } from './settings/settings-in-force.ts'
import type { Settings } from './settings/settings-table.ts'
import type { OpenedUrl } from './stores/opened-url.ts'
import { openUrl } from './stores/openers.ts'

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

/** Whether a command may make what it works on. */
type Mode = 'serve' | 'make' | 'existing'

/**
 * Opens what the settings say.
 *
 * Every setting is checked before anything is opened.
 *
 * @param mode `make` makes a database and a key ring where there are none; `existing` refuses without a database, so that looking never makes
 * one; `serve` makes one that may also live in this process alone.
 * @param recorded how calls are recorded. Default: under whoever runs the command.
 * @throws {UsageError} for a URL that cannot be used here; {@link CommandError} where there is no database.
 */
export async function openSojourn(
  settings: Settings,
  mode: Mode,
  caller: Caller,
  recorded: (directory: Directory, cid: string) => Directory = recordedDirectory,
): Promise<Opened> {
  await requireSound(settings)
  const db = await openUrl(settings.db)
  const others = settings.sessions === undefined ? undefined : await openUrl(settings.sessions)
  const disconnect = async () => {
    await Promise.allSettled([db.disconnect(), others?.disconnect()])
  }
  try {
    const { directory, keysFile, existed } = await requirePlace(settings, db, mode)
    const store = { sessions: others?.sessions ?? db.sessions, directory: recorded(directory, caller.cid) }
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

/** Where everything is kept, as far as the mode allows. Nothing is made yet: where there can be no database, nothing is left behind. */
async function requirePlace(settings: Settings, { directory, keysFile: usual, isLasting, file, exists }: OpenedUrl, mode: Mode) {
  const db = maskedUrl(settings.db)
  if (directory === undefined)
    throw new UsageError(`${db} keeps sessions only: name it with --sessions, beside a --db for users.`)
  if (mode !== 'serve' && !isLasting)
    throw new CommandError(`${db} keeps nothing beyond one process, so there is nothing a command could work on.`, {
      fix: 'Name a database with --db, such as sqlite:sojourn.db.',
    })
  const keysFile = settings.keys === undefined ? (settings.keysFile ?? usual) : undefined
  if (mode !== 'existing' && isLasting && settings.keys === undefined && keysFile === undefined)
    throw new UsageError(
      `There is no place for a key ring beside ${db}: name one with --keys-file, or give the keys in SOJOURN_KEYS.`,
    )
  const existed = await exists()
  if (mode === 'existing' && !existed)
    throw new CommandError(`There is no database at ${db}. \`sojourn serve --db ${db}\` makes one, or name another with --db.`)
  if (existed) await ask(db, directory)
  else if (file !== undefined) await requireFolder({ path: file, failure: `There can be no database at ${db}`, flag: '--db' })
  return { directory, keysFile, existed }
}

/** Whether a database answers. Says which, when it does not. */
async function ask(db: string, directory: Directory): Promise<void> {
  try {
    await directory.listUsers({ limit: 1 })
  } catch (error) {
    if (!isSojournError(error)) throw error
    const { code, message, fix } = error
    throw new SojournError(code, `${db}: ${message}`, { fix, cause: error })
  }
}

/** The keys to work with. `passing`: what is kept ends with this process, and so may its key. */
async function keyRing(given: readonly string[] | undefined, file: string | undefined, mode: Mode | 'passing') {
  if (given !== undefined) return { keys: given, made: false }
  if (file === undefined) return { keys: mode === 'passing' ? [newKey()] : undefined, made: false }
  return mode !== 'existing' ? readOrMakeKeys(file) : { keys: await readKeys(file), made: false }
}
