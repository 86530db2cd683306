// As whom does the command line act?
import { hostname, userInfo } from 'node:os'

/** Who runs the command: `user@host`, for the audit trail. */
export const actor = `${nameOfUser()}@${hostname()}`

/** The caller's context of every call of a command. */
export const cliContext = { cid: 'cli', userAgent: 'sojourn command line' } as const

/** In a container the user may have no name. */
function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}
