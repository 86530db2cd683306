// What does an error of SQLite mean to the caller of a store?
import { SojournError } from '../../engine/error.ts'

/** The primary result codes that matter here; see https://www.sqlite.org/rescode.html. */
const CODE = { error: 1, busy: 5, locked: 6, corrupt: 11, constraint: 19, notADatabase: 26 } as const

/** The primary result code of an error that SQLite raised; `undefined` for any other error. */
function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

/** Whether somebody else holds the lock, so that trying again is all it takes. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error)
  return code === CODE.busy || code === CODE.locked
}

/** The error for a caller. What is Sojourn's own already, or a mistake of ours, stays as it is. */
export function storeError(error: unknown, applied: 'no' | 'unknown'): unknown {
  if (error instanceof SojournError) return error
  const code = codeOf(error)
  if (code === CODE.corrupt || code === CODE.notADatabase || code === CODE.error) {
    return new SojournError('ERR_STORE_CORRUPT', 'The SQLite database cannot be read.', { cause: error, applied })
  }
  if (isBusy(error)) {
    const fix = 'Try again; see which process holds a long transaction on the database file.'
    return new SojournError('ERR_STORE_UNAVAILABLE', 'The SQLite database is locked by somebody else.', {
      cause: error,
      applied,
      fix,
      retryAfter: 1,
    })
  }
  if (code === CODE.constraint || (code === undefined && !isSystemError(error))) return error
  const fix = 'See that the folder of the database exists, may be written to, and has room.'
  return new SojournError('ERR_STORE_UNAVAILABLE', 'The SQLite database cannot be used.', {
    cause: error,
    applied,
    fix,
    retryAfter: 1,
  })
}

/** Whether an error comes from the operating system, or from a database that is not open. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && ('syscall' in error || ('code' in error && error.code === 'ERR_INVALID_STATE'))
}

/** The refusal of every call after `close`. */
export function closedError(): SojournError {
  return new SojournError('ERR_STORE_UNAVAILABLE', 'The SQLite store was closed.', { applied: 'no' })
}

/** The answer to a row that does not hold what this version writes. The lower error is left out: it may quote a value. */
export function corruptRow(what: string): SojournError {
  return new SojournError('ERR_STORE_CORRUPT', `The SQLite database holds ${what} that cannot be read.`)
}
