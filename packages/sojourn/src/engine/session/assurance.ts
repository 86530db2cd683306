// Did a user prove who they are lately, and in the ways that are asked for?
import { refuseUnknown, requirePositive } from '../check.ts'
import { invalidOption, SojournError } from '../error.ts'
import type { SessionDetails } from '../store.ts'
import type { Millis, Seconds } from '../time.ts'

/** What is asked of how a user logged in. */
export interface Assurance {
  /** How long ago at most. Unit: seconds. Default: at any time. */
  readonly within?: Seconds | undefined
  /** Factors all of which were presented, such as `pwd`, `otp` (RFC 8176). Default: any. */
  readonly methods?: readonly string[] | undefined
}

/** Reads what is asked. */
export function readAssurance(given: unknown): Assurance {
  refuseUnknown('options', given, ['within', 'methods'])
  const { within, methods }: { within?: unknown; methods?: unknown } = Object(given)
  if (methods !== undefined && !isTexts(methods)) throw invalidOption('methods', 'must be a list of texts, such as `pwd`')
  return { within: within === undefined ? undefined : requirePositive('within', within, 'number of seconds'), methods }
}

/**
 * Lets pass who logged in as asked.
 *
 * @throws {SojournError} `ERR_LOGIN_REQUIRED`
 * @see OWASP ASVS 5.0, 7.5.1 and 7.5.3
 */
export function requireAssurance(
  { authenticatedAt, methods }: Pick<SessionDetails, 'authenticatedAt' | 'methods'>,
  asked: Assurance,
  now: Millis,
): void {
  if (authenticatedAt === null) throw loginRequired('This needs somebody who has logged in.')
  if (asked.within !== undefined && now - authenticatedAt > asked.within * 1000)
    throw loginRequired(`This needs a login in the last ${asked.within} seconds.`)
  const isProven = (asked.methods ?? []).every((method) => methods.includes(method))
  if (!isProven) throw loginRequired('This needs a login with more factors.')
}

function loginRequired(message: string): SojournError {
  return new SojournError('ERR_LOGIN_REQUIRED', message)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}
