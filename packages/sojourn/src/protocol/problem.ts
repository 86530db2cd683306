// How does an error travel over HTTP, and become the same error on the other side?
import { ERRORS, type ErrorCode, type FieldError, isSojournError, SojournError } from '../engine/error.ts'
import { disclosed, isValidationError, ValidationError } from '../sso/access/validation-error.ts'

/** Errors that only HTTP knows, in the form of the table in `engine/error.ts`. */
export const HTTP_ERRORS = {
  ERR_ROUTE_MISSING: { status: 404, title: 'There is no such path', fix: 'See /openapi.json for the paths there are.' },
  ERR_METHOD_REFUSED: { status: 405, title: 'The path does not know this method', fix: 'Use a method of the Allow header.' },
  ERR_MEDIA_TYPE_REFUSED: { status: 415, title: 'The body is not JSON', fix: 'Send `Content-Type: application/json`.' },
  ERR_SHUTTING_DOWN: { status: 503, title: 'The server is shutting down', fix: 'Try again in a moment.' },
  ERR_INTERNAL: {
    status: 500,
    title: 'Something went wrong on the server',
    fix: 'Report the correlation id to whoever runs the server.',
  },
} as const

/** The code of an error that only HTTP knows. */
export type HttpErrorCode = keyof typeof HTTP_ERRORS

/** The media type of an error (RFC 9457). */
export const PROBLEM_TYPE = 'application/problem+json'

/** An error on the wire: problem details (RFC 9457) with our members. */
export interface Problem {
  /** `urn:sojourn:error:` and the code in lower case, without `ERR_`. */
  readonly type: string
  readonly title: string
  readonly status: number
  /** What happened this time, in one sentence; of a fault of the server no more than its title. */
  readonly detail: string
  readonly code: ErrorCode | HttpErrorCode
  /** What to do about it. */
  readonly fix: string
  /** The reference's codes, such as `E009001`. */
  readonly subStatus: readonly string[]
  /** The correlation id of the call. */
  readonly cid: string
  /** What is wrong with the input, field by field. Never a value. */
  readonly errors: readonly FieldError[]
  /** The attributes concerned, where there are any. */
  readonly names?: readonly string[]
  /** With `ERR_STORE_UNAVAILABLE`: whether the change was applied. */
  readonly applied?: 'no' | 'unknown'
}

/**
 * What a client is told about an error.
 *
 * Of a fault of the server, and of anything that is no error of ours, no more than the title: what is behind it is for the log. A refusal that
 * may not be named is told as the generic one.
 *
 * @param call whether it was a login: see `disclosed`.
 */
export function problemOf(error: unknown, cid: string, call: 'login' | 'other'): Problem {
  if (!isSojournError(error)) return httpProblem('ERR_INTERNAL', cid)
  const told = disclosed(error, call)
  const { title, subStatus } = ERRORS[told.code]
  return {
    type: typeOf(told.code),
    title,
    status: told.status,
    detail: told.status < 500 ? told.message : `${title}.`,
    code: told.code,
    fix: told.status < 500 ? told.fix : ERRORS[told.code].fix,
    subStatus: isValidationError(told) ? told.subStatus : subStatus.slice(0, 1),
    cid,
    errors: told.errors,
    ...(told.names.length > 0 && { names: told.names }),
    ...(told.applied !== undefined && { applied: told.applied }),
  }
}

/** The problem of an error that only HTTP knows. */
export function httpProblem(code: HttpErrorCode, cid: string): Problem {
  const { status, title, fix } = HTTP_ERRORS[code]
  return { type: typeOf(code), title, status, detail: `${title}.`, code, fix, subStatus: [], cid, errors: [] }
}

/**
 * The error that an answer stands for, on the side of the client.
 *
 * @param body what was answered: a {@link Problem}, or whatever something in between made of it.
 * @param retryAfter seconds, where the answer said so.
 */
export function errorOf(status: number, body: unknown, retryAfter?: number): SojournError {
  if (!isProblem(body)) return unreadable(status, retryAfter)
  const facts = {
    fix: body.fix,
    errors: body.errors,
    ...(body.names !== undefined && { names: body.names }),
    ...(body.applied !== undefined && { applied: body.applied }),
    ...(retryAfter !== undefined && { retryAfter }),
  }
  return body.subStatus.length > 0
    ? new ValidationError(body.code, body.detail, { ...facts, subStatus: body.subStatus })
    : new SojournError(body.code, body.detail, facts)
}

/** An answer that is not a problem of ours: from a proxy, or a path that Sojourn does not serve. */
function unreadable(status: number, retryAfter: number | undefined): SojournError {
  if (status < 500) return new SojournError('ERR_REQUEST_INVALID', `The server answered ${status}.`)
  return new SojournError('ERR_STORE_UNAVAILABLE', `The server answered ${status}.`, {
    applied: 'unknown',
    ...(retryAfter !== undefined && { retryAfter }),
  })
}

function isProblem(body: unknown): body is Problem & { readonly code: ErrorCode } {
  if (typeof body !== 'object' || body === null) return false
  const { code, detail, fix, subStatus, errors, names = [], applied = 'no' }: Readonly<Record<string, unknown>> = { ...body }
  return (
    typeof code === 'string' &&
    Object.hasOwn(ERRORS, code) &&
    typeof detail === 'string' &&
    typeof fix === 'string' &&
    isTexts(subStatus) &&
    isTexts(names) &&
    (applied === 'no' || applied === 'unknown') &&
    Array.isArray(errors) &&
    errors.every(isFieldError)
  )
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isFieldError(value: unknown): value is FieldError {
  if (typeof value !== 'object' || value === null) return false
  const { field, reason }: Readonly<Record<string, unknown>> = { ...value }
  return typeof field === 'string' && typeof reason === 'string'
}

function typeOf(code: string): string {
  return `urn:sojourn:error:${code.slice('ERR_'.length).toLowerCase().replaceAll('_', '-')}`
}
