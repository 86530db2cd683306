// As whom does the command line act, in the audit trail and towards Sojourn?
import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'

/** Who runs the command: `user@host`. */
export const ACTOR = `${nameOfUser()}@${hostname()}`

/** The application that the audit trail names. */
export const APP = 'sojourn-cli'

/** The caller's context of every call of one run. */
export interface Caller {
  /** The correlation id: all that one run did is found by it. */
  readonly cid: string
  readonly userAgent: string
}

/** The context of a run that begins now. */
export function newCaller(): Caller {
  return { cid: randomBytes(12).toString('hex'), userAgent: 'sojourn command line' }
}

/** In a container the user may have no name. */
function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
