// Why can a file not be used, in words, and what is to be done?
import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CommandError } from './usage.ts'

/** A file as messages call it. */
interface NamedFile {
  readonly path: string
  /** What cannot be, such as `The key ring x cannot be used`. */
  readonly failure: string
  /** The flag that names another. */
  readonly flag: string
}

/** What the system says, in words and with the way out. */
const REASONS: Readonly<Record<string, (path: string) => readonly [reason: string, fix: string]>> = {
  ENOENT: (path) => [`its folder ${dirname(path)} does not exist`, 'Make the folder'],
  ENOTDIR: (path) => [`${dirname(path)} is not a folder`, 'Use a path through folders'],
  EISDIR: () => ['it is a folder', 'Name a file in it'],
  EACCES: () => ['this user may not read and write there', 'Give this user the right'],
  EPERM: () => ['this user may not read and write there', 'Give this user the right'],
  EROFS: () => ['the file system can only be read', 'Mount it for writing'],
  ENOSPC: () => ['the disk is full', 'Make room'],
  ENAMETOOLONG: () => ['the name is too long', 'Use a shorter name'],
}

/** The failure of a file as an error for whoever ran the command; anything that is none of the file system's is left as it is. */
export function fileFailure(error: unknown, { path, failure, flag }: NamedFile): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const [reason, fix] = REASONS[code]?.(path) ?? []
  if (reason === undefined) return error
  return new CommandError(`${failure}: ${reason}.`, { fix: `${fix}, or name another file with ${flag}.`, cause: error })
}

/** Refuses a file that cannot be made where it should be. */
export async function requireFolder(file: NamedFile): Promise<void> {
  try {
    // The dot makes the system look whether it is a folder.
    await access(`${dirname(file.path)}/.`, constants.W_OK)
  } catch (error) {
    throw fileFailure(error, file)
  }
}
