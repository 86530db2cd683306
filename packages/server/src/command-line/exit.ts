// How does a command end that could not do what it was asked for?
import { CommanderError } from 'commander'
import { type ErrorCode, isSojournError } from 'sojourn'
import { withoutTokens } from '../without-tokens.ts'
import type { Run } from './run.ts'
import { AlreadyThere, CommandError, Finished, UsageError } from './usage.ts'

/** What a command ends with. */
const EXIT = { done: 0, usage: 2, failed: 16, exists: 20, passwordRefused: 21, noSuchUser: 22 } as const

const BY_CODE: Partial<Record<ErrorCode, number>> = {
  ERR_OPTION_INVALID: EXIT.usage,
  ERR_POLICY_INVALID: EXIT.usage,
  ERR_USER_EXISTS: EXIT.exists,
  ERR_PASSWORD_REFUSED: EXIT.passwordRefused,
  ERR_USER_MISSING: EXIT.noSuchUser,
}

/** Says on standard error what went wrong, and answers the exit code. */
export function explain(error: unknown, { terminal, caller }: Run, json: boolean): number {
  // Help and version are no errors; what else Commander found, it has told to people already.
  if (error instanceof CommanderError && (error.exitCode === 0 || !json)) return error.exitCode === 0 ? EXIT.done : EXIT.usage
  if (error instanceof Finished) return error.exitCode
  const { code, message, fix, exit } = described(error)
  const said = json
    ? JSON.stringify({ error: { code, message, fix, cid: caller.cid } })
    : `sojourn: ${message}${fix === null ? '' : ` ${fix}`}`
  terminal.stderr.write(`${withoutTokens(said)}\n`)
  return exit
}

/** What Commander found, as a sentence. */
function usageOf({ message }: CommanderError): string {
  const [sentence = ''] = message.replace(/^error: /, '').split('\n', 1)
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1).replace(/\.$/, '')}.`
}

function described(error: unknown) {
  if (error instanceof CommanderError) return { code: 'USAGE', message: usageOf(error), fix: null, exit: EXIT.usage }
  if (error instanceof UsageError) return { code: 'USAGE', message: error.message, fix: null, exit: EXIT.usage }
  if (error instanceof CommandError) return { code: 'FAILED', message: error.message, fix: error.fix, exit: EXIT.failed }
  if (error instanceof AlreadyThere) return { code: 'EXISTS', message: error.message, fix: null, exit: EXIT.exists }
  if (isSojournError(error))
    return { code: error.code, message: error.message, fix: error.fix, exit: BY_CODE[error.code] ?? EXIT.failed }
  return {
    code: 'FAILED',
    message: error instanceof Error ? error.message : 'Something went wrong.',
    fix: null,
    exit: EXIT.failed,
  }
}
