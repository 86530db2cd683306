// Where does the server key ring live, and how is it made so that two starts agree on one?
import { randomBytes } from 'node:crypto'
import { link, open, readFile, stat, unlink } from 'node:fs/promises'
import { SojournError } from 'sojourn'
import { fileFailure } from './command-line/file-failure.ts'

/** A new server key: 32 random bytes, base64url. */
export function newKey(): string {
  return randomBytes(32).toString('base64url')
}

/** Reads a key ring file: one key a line, newest first; `undefined` when there is none. */
export async function readKeys(path: string): Promise<readonly string[] | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw keysFailure(error, path)
  })
  if (text === undefined) return undefined
  const keys = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (keys.length > 0 && keys.every((key) => /^[A-Za-z0-9_-]{43}$/.test(key))) return keys
  const reason = 'must hold one key a line, newest first: 32 bytes each, as 43 characters of base64url'
  throw new SojournError('ERR_OPTION_INVALID', `The key ring file ${path} ${reason}.`, {
    errors: [{ field: 'keysFile', reason }],
  })
}

/**
 * Reads a key ring file, or makes it with one new key, readable by its owner alone.
 *
 * The file appears whole or not at all, and never replaces one: of two processes that start at once, both read what one of them wrote.
 */
export async function readOrMakeKeys(path: string): Promise<{ readonly keys: readonly string[]; readonly made: boolean }> {
  const known = await readKeys(path)
  if (known !== undefined) return { keys: known, made: false }
  const draft = await writeDraft(path, [newKey()]).catch((error: unknown) => {
    throw keysFailure(error, path)
  })
  let made = true
  try {
    await link(draft, path)
  } catch (error) {
    if (!isTaken(error)) throw error
    made = false
  } finally {
    await unlink(draft)
  }
  return { keys: (await readKeys(path)) ?? [], made }
}

/** Whether others than the owner may read or write a file. Never so where files have no such modes. */
export async function isOpenToOthers(path: string): Promise<boolean> {
  return process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0
}

async function writeDraft(path: string, keys: readonly string[]): Promise<string> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(
      `# Sojourn server keys, newest first. Whoever has them and the database can open what is sealed by them.\n${keys.join('\n')}\n`,
    )
    await file.sync()
  } finally {
    await file.close()
  }
  return draft
}

function keysFailure(error: unknown, path: string): unknown {
  return fileFailure(error, { path, failure: `The key ring ${path} cannot be used`, flag: '--keys-file' })
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}
