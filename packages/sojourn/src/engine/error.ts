// Which errors are there, what does each mean, and what does its reader do next?

/** One row of the table: how an error is answered over HTTP, what it is called, and the usual way out. */
interface ErrorRow {
  readonly status: number
  /** The sub-status codes of the SSO face that this error may carry; the first is its default. */
  readonly subStatus: readonly string[]
  readonly title: string
  readonly fix: string
}

/** Every error of Sojourn by its code. The HTTP mapping, the command line and the reference page derive from this table. */
export const ERRORS = {
  ERR_OPTION_INVALID: row(400, ['E008002'], 'An option is not valid', 'Correct the option that the message names.'),
  ERR_REQUEST_INVALID: row(400, ['E008002'], 'The request is not valid', 'Correct the fields that are listed.'),
  ERR_POLICY_INVALID: row(500, [], 'The policy is not valid', 'Correct the setting that the message names.'),
  ERR_KEY_MISSING: row(500, [], 'No key to seal with', 'Pass `keys` to createSojourn; `sojourn keys generate` makes one.'),
  ERR_VALUE_UNSUPPORTED: row(
    400,
    [],
    'A value cannot be stored',
    'Store JSON values, Date, Map, Set, bigint, Uint8Array or URL.',
  ),
  ERR_VALUE_TOO_LARGE: row(413, [], 'A limit would be exceeded', 'Store less, or split it.'),
  ERR_ATTRIBUTE_EXISTS: row(
    409,
    ['E009001'],
    'The attribute exists already',
    'Use `set` to create or replace, or `update` to change it.',
  ),
  ERR_ATTRIBUTE_MISSING: row(
    404,
    ['E009002'],
    'There is no such attribute',
    'Use `set` to create or replace, or `create` it first.',
  ),
  ERR_ATTRIBUTE_SEALED: row(
    403,
    [],
    'The attribute is sealed',
    "Present the session's own token, or open Sojourn with `sealing: 'server'`.",
  ),
  ERR_ATTRIBUTE_CONFLICT: row(409, [], 'The attribute changed meanwhile', 'Read it again and repeat the change.'),
  ERR_SESSION_COMMITTED: row(
    409,
    [],
    'The session was committed already',
    'Change the session before the first byte of the response.',
  ),
  ERR_SESSION_ENDED: row(401, ['E007001'], 'There is no such session', 'Log in again.'),
  ERR_LOGIN_REQUIRED: row(401, ['E005001'], 'A new login is needed', 'Log in again as asked.'),
  ERR_CREDENTIALS_INVALID: row(401, ['E005001'], 'Not allowed', 'Check the user name and the password.'),
  ERR_ACCESS_DENIED: row(
    403,
    ['E005001', 'E005008', 'E006001', 'E008001', 'E008002'],
    'Not allowed',
    'Ask somebody who has the right.',
  ),
  ERR_APP_REFUSED: row(403, ['E004001'], 'The application is not known or not allowed', 'Name an application of `apps`.'),
  ERR_USER_EXISTS: row(409, ['E001002'], 'The user name is taken', 'Choose another user name.'),
  ERR_USER_MISSING: row(404, ['E001100'], 'There is no such user', 'Check the user id or the user name.'),
  ERR_USER_LOCKED: row(403, ['E005002'], 'The account is locked', 'Ask a super-user to unlock it.'),
  ERR_USER_NOT_READY: row(403, ['E005003'], 'The account is not ready', 'Confirm the sign-up, or wait for approval.'),
  ERR_PASSWORD_REFUSED: row(
    400,
    ['E003001', 'E003002', 'E003003', 'E003008'],
    'The password is not acceptable',
    'Choose another password.',
  ),
  ERR_PASSWORD_EXPIRED: row(
    403,
    ['E003004', 'E003006', 'E003007'],
    'The password must be replaced',
    'Log in with `newPassword` as well.',
  ),
  ERR_CSRF_REFUSED: row(403, [], 'The request does not prove its origin', 'Send a security key, or call from the same origin.'),
  ERR_RATE_LIMITED: row(429, [], 'Too many attempts', 'Wait, then try again.'),
  ERR_TRANSPORT_INSECURE: row(
    500,
    [],
    'The connection is not encrypted',
    'Serve over HTTPS; behind a proxy set `trustedProxies` in webSessions, and have it say `X-Forwarded-Proto`.',
  ),
  ERR_STORE_CORRUPT: row(500, [], 'Stored data cannot be read', 'Restore the store from a copy, or see `sojourn doctor`.'),
  ERR_STORE_UNAVAILABLE: row(503, [], 'The store does not answer', 'Try again; see that the store runs and can be reached.'),
  ERR_SCHEMA_OUTDATED: row(503, [], 'The store was written by a newer version', 'Upgrade Sojourn on this machine.'),
} as const satisfies Record<`ERR_${string}`, ErrorRow>

function row(status: number, subStatus: readonly string[], title: string, fix: string): ErrorRow {
  return { status, subStatus, title, fix }
}

/** The code of an error: stable, for programs. */
export type ErrorCode = keyof typeof ERRORS

/** One thing that is wrong with an input: which field, and why. Never its value. */
export interface FieldError {
  readonly field: string
  readonly reason: string
}

/** Facts that some errors carry beside their code. */
export interface ErrorFacts {
  /** What to do about it, where that is more exact than the table's line. */
  readonly fix?: string
  /** The lower error. Never shown to clients. */
  readonly cause?: unknown
  /** What is wrong with the input, field by field. */
  readonly errors?: readonly FieldError[]
  /** The attributes concerned. */
  readonly names?: readonly string[]
  /** `ERR_STORE_UNAVAILABLE`: whether the change was applied. */
  readonly applied?: 'no' | 'unknown'
  /** `ERR_STORE_UNAVAILABLE`, `ERR_RATE_LIMITED`: when to try again. Unit: seconds. */
  readonly retryAfter?: number
}

/** When to come back where a store is away and the error does not say. Unit: seconds. */
const RETRY_AFTER = 1

/** An answer over HTTP. */
export interface Problem {
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
  readonly body: string
}

/** Every error that Sojourn throws. */
export class SojournError extends Error {
  override readonly name: string = 'SojournError'
  readonly code: ErrorCode
  /** The HTTP status that fits. */
  readonly status: number
  /** What to do about it. */
  readonly fix: string
  readonly errors: readonly FieldError[]
  readonly names: readonly string[]
  readonly applied: 'no' | 'unknown' | undefined
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.code = code
    this.status = ERRORS[code].status
    this.fix = facts.fix ?? ERRORS[code].fix
    this.errors = facts.errors ?? []
    this.names = facts.names ?? []
    this.applied = facts.applied
    this.retryAfter = facts.retryAfter
  }

  /**
   * What a client may be told: problem details with the code, and `Retry-After` where trying again helps. Nothing of the error's own text.
   *
   * @see RFC 9457
   */
  toProblem(): Problem {
    const { status, code, retryAfter } = this
    return problem(status, { title: ERRORS[code].title, status, code }, retryAfter)
  }

  /** `Retry-After`, where trying again helps. Express and Fastify send what an error has under this name. */
  get headers(): Readonly<Record<string, string>> {
    const { 'retry-after': wait } = this.toProblem().fields
    return wait === undefined ? {} : { 'retry-after': wait }
  }

  /** The same as a standard response. Hono asks an error for it. */
  getResponse(): Response {
    const { status, fields, body } = this.toProblem()
    return new Response(body, { status, headers: fields })
  }
}

/** Problem details. Never kept by caches. */
export function problem(status: number, details: object, retryAfter?: number): Problem {
  const fields = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...(retryAfter !== undefined || status === 503 ? { 'retry-after': String(Math.ceil(retryAfter ?? RETRY_AFTER)) } : {}),
  }
  return { status, fields, body: JSON.stringify(details) }
}

/** Whether an unknown error is one of Sojourn's, of that code where one is given. */
export function isSojournError(error: unknown, code?: ErrorCode): error is SojournError {
  return error instanceof SojournError && (code === undefined || error.code === code)
}

/** An `ERR_OPTION_INVALID` that names the option and what is wrong with it. */
export function invalidOption(field: string, reason: string, facts: ErrorFacts = {}): SojournError {
  return new SojournError('ERR_OPTION_INVALID', `\`${field}\` ${reason}.`, { ...facts, errors: [{ field, reason }] })
}

/** The error of a call that did a part of its work before: where that part alone was not done, nobody may be told that nothing was. */
export function doneInPart(error: unknown): unknown {
  if (!isSojournError(error, 'ERR_STORE_UNAVAILABLE') || error.applied !== 'no') return error
  const { code, message, fix, cause, retryAfter } = error
  return new SojournError(code, message, { applied: 'unknown', fix, cause, ...(retryAfter !== undefined && { retryAfter }) })
}
