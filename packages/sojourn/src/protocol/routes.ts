// Which calls does the server answer, at which address, and how may each end?
import type { ErrorCode } from '../engine/error.ts'
import type { HttpErrorCode } from './problem.ts'

/** One call over HTTP. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Where: `{id}` and `{name}` stand for one percent-encoded segment each. */
  readonly path: string
  /** What the call does, as a sentence without its full stop. */
  readonly summary: string
  /** Whether the caller presents a token. */
  readonly auth: 'none' | 'bearer'
  /** The status of success. */
  readonly status: 200 | 201 | 204
  /** The errors that belong to this call, beside {@link COMMON_ERRORS} and, with a token, {@link BEARER_ERRORS}. */
  readonly errors: readonly (ErrorCode | HttpErrorCode)[]
}

/** What any call may answer. */
export const COMMON_ERRORS = [
  'ERR_REQUEST_INVALID',
  'ERR_STORE_UNAVAILABLE',
  'ERR_SCHEMA_OUTDATED',
  'ERR_SHUTTING_DOWN',
  'ERR_STORE_CORRUPT',
  'ERR_INTERNAL',
] as const

/** What any call with a token may answer: the checks of every use of a session. */
export const BEARER_ERRORS = [
  'ERR_SESSION_ENDED',
  'ERR_ACCESS_DENIED',
  'ERR_APP_REFUSED',
  'ERR_USER_LOCKED',
  'ERR_USER_NOT_READY',
  'ERR_PASSWORD_EXPIRED',
] as const

const BODY = ['ERR_MEDIA_TYPE_REFUSED', 'ERR_VALUE_TOO_LARGE'] as const
const READ = ['ERR_OPTION_INVALID', 'ERR_ATTRIBUTE_SEALED', 'ERR_KEY_MISSING'] as const
const WRITE = [...BODY, ...READ, 'ERR_VALUE_UNSUPPORTED', 'ERR_ATTRIBUTE_CONFLICT'] as const
const CREATE = [...WRITE, 'ERR_ATTRIBUTE_EXISTS'] as const
const UPDATE = [...WRITE, 'ERR_ATTRIBUTE_MISSING'] as const
const LOGIN = [
  ...BODY,
  'ERR_CREDENTIALS_INVALID',
  'ERR_ACCESS_DENIED',
  'ERR_APP_REFUSED',
  'ERR_USER_LOCKED',
  'ERR_USER_NOT_READY',
  'ERR_PASSWORD_EXPIRED',
  'ERR_PASSWORD_REFUSED',
  'ERR_RATE_LIMITED',
] as const

/** Every call by its name, which is also its `operationId`. Server, client and the OpenAPI document are made from this table. */
export const ROUTES = {
  login: route('POST', '/v1/login', 'Open a session with a user name and a password', 'none', 201, LOGIN),

  getSession: route('GET', '/v1/session', "Describe the caller's own session", 'bearer', 200),
  renewSession: route('PATCH', '/v1/session', "Extend the caller's own session", 'bearer', 200),
  logout: route('DELETE', '/v1/session', "End the caller's own session", 'bearer', 204),

  createAttributes: route('POST', '/v1/session/attributes', 'Create attributes that are not there yet', 'bearer', 201, CREATE),
  updateAttributes: route('PATCH', '/v1/session/attributes', 'Update attributes that are there', 'bearer', 200, UPDATE),
  setAttributes: route('PUT', '/v1/session/attributes', 'Create or replace attributes', 'bearer', 200, WRITE),
  getAttributes: route('GET', '/v1/session/attributes', 'Read the attributes named, or all', 'bearer', 200, READ),
  getAttribute: route('GET', '/v1/session/attributes/{name}', 'Read one attribute', 'bearer', 200, [
    ...READ,
    'ERR_ATTRIBUTE_MISSING',
  ]),
  updateAttribute: route('PATCH', '/v1/session/attributes/{name}', 'Update one attribute', 'bearer', 200, UPDATE),
  deleteAttribute: route('DELETE', '/v1/session/attributes/{name}', 'Delete one attribute', 'bearer', 204, [
    'ERR_OPTION_INVALID',
  ]),

  listSessions: route('GET', '/v1/sessions', "List one's own sessions, or those of any user for super-users", 'bearer', 200, [
    'ERR_OPTION_INVALID',
    'ERR_USER_MISSING',
  ]),
  endSessions: route(
    'DELETE',
    '/v1/sessions',
    "End all of one's own sessions, or those of any user for super-users",
    'bearer',
    204,
    ['ERR_USER_MISSING'],
  ),
  getSessionById: route('GET', '/v1/sessions/{id}', 'Describe a session by its id', 'bearer', 200),
  endSessionById: route('DELETE', '/v1/sessions/{id}', 'End a session by its id', 'bearer', 204),

  createAttributesById: route('POST', '/v1/sessions/{id}/attributes', 'Create attributes of a session', 'bearer', 201, CREATE),
  updateAttributesById: route('PATCH', '/v1/sessions/{id}/attributes', 'Update attributes of a session', 'bearer', 200, UPDATE),
  setAttributesById: route(
    'PUT',
    '/v1/sessions/{id}/attributes',
    'Create or replace attributes of a session',
    'bearer',
    200,
    WRITE,
  ),
  getAttributesById: route('GET', '/v1/sessions/{id}/attributes', 'Read attributes of a session', 'bearer', 200, READ),
  getAttributeById: route('GET', '/v1/sessions/{id}/attributes/{name}', 'Read one attribute of a session', 'bearer', 200, [
    ...READ,
    'ERR_ATTRIBUTE_MISSING',
  ]),
  updateAttributeById: route(
    'PATCH',
    '/v1/sessions/{id}/attributes/{name}',
    'Update one attribute of a session',
    'bearer',
    200,
    UPDATE,
  ),
  deleteAttributeById: route(
    'DELETE',
    '/v1/sessions/{id}/attributes/{name}',
    'Delete one attribute of a session',
    'bearer',
    204,
    ['ERR_OPTION_INVALID'],
  ),

  healthz: route('GET', '/healthz', 'Whether the process answers', 'none', 200),
  readyz: route('GET', '/readyz', 'Whether the process and its stores answer', 'none', 200),
} as const

/** The name of a call. */
export type RouteName = keyof typeof ROUTES

/** Every error a call may answer, each once. */
export function errorsOf(call: Route): readonly (ErrorCode | HttpErrorCode)[] {
  return [...new Set([...call.errors, ...(call.auth === 'bearer' ? BEARER_ERRORS : []), ...COMMON_ERRORS])]
}

function route(
  method: Route['method'],
  path: string,
  summary: string,
  auth: Route['auth'],
  status: Route['status'],
  errors: Route['errors'] = [],
): Route {
  return { method, path, summary, auth, status, errors }
}
