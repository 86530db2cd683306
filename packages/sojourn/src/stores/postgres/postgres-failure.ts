// What does an error of the client or the server mean for the change that was under way?
import { SojournError } from '../../engine/error.ts'

/** What a call does to the database. */
export type CallKind = 'read' | 'write'

/** Failures to get a connection at all: nothing was sent. */
const NOT_CONNECTED = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_ENDED',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])

/** What was under way on a connection that is there: the same codes then come after a statement was sent, as when its host was lost. */
const ON_A_CONNECTION = new Set(['read', 'write'])

/** Refusals of a new connection: no such database, wrong password, too many connections, starting up or shutting down. */
const REFUSED_AT_THE_DOOR = /^(?:3D000|28...|53300|57P03)$/

/** What `pg` says without a code when it has no connection to give. */
const NO_CONNECTION_TO_GIVE = /^(?:timeout exceeded when trying to connect|Cannot use a pool after calling end on the pool)$/

interface Facts {
  readonly code: string
  readonly severity: string
  readonly syscall: string
  readonly message: string
}

function factsOf(error: unknown): Facts {
  const fields: Readonly<Record<string, unknown>> = typeof error === 'object' && error !== null ? { ...error } : {}
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return {
    code: text(fields['code']),
    severity: text(fields['severity']),
    syscall: text(fields['syscall']),
    message: error instanceof Error ? error.message : '',
  }
}

/** The SQLSTATE of a server's answer, or the client library's own code; empty where there is none. */
function codeOf(error: unknown): string {
  return factsOf(error).code
}

/** Whether the server threw the statement back because of others at work; it may simply be sent again. */
export function isContention(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error))
}

/** Whether tables or functions of the store are not there. */
export function isSchemaMissing(error: unknown): boolean {
  return ['42P01', '42883', '3F000'].includes(codeOf(error))
}

/** Whether the server answered a statement with an error, and goes on with its connection. */
export function isRefusal(error: unknown): boolean {
  const { code, severity } = factsOf(error)
  return severity === 'ERROR' && !code.startsWith('08')
}

/**
 * Whether a statement that failed certainly left nothing behind: the server answered it with an error, or it was never sent.
 * A connection that ended (also `FATAL`: the server closed it) leaves that open.
 */
function isCertainlyUndone(error: unknown): boolean {
  const { code, syscall, message } = factsOf(error)
  return (
    isRefusal(error) ||
    syscall === 'connect' ||
    (NOT_CONNECTED.has(code) && !ON_A_CONNECTION.has(syscall)) ||
    REFUSED_AT_THE_DOOR.test(code) ||
    NO_CONNECTION_TO_GIVE.test(message)
  )
}

/** The store's error for a failure below it. */
export function unavailable(error: unknown, kind: CallKind): SojournError {
  if (error instanceof SojournError) return error
  const applied = kind === 'read' || isCertainlyUndone(error) ? 'no' : 'unknown'
  const code = codeOf(error)
  if (code === '54000') {
    const fix = 'Give users and linked accounts shorter ids: some 2,600 bytes are the most.'
    return new SojournError('ERR_VALUE_TOO_LARGE', 'An id is longer than an index of PostgreSQL can hold.', { cause: error, fix })
  }
  if (code === '25006') {
    const fix = 'Point the client at the primary; with `postgres`, set `target_session_attrs: "read-write"`.'
    return new SojournError('ERR_STORE_UNAVAILABLE', 'PostgreSQL is read-only.', { applied, cause: error, fix })
  }
  if (code === '42501') {
    const fix =
      'Grant the role CREATE on the schema; or open the store once with a role that has it, and grant this one SELECT, INSERT, UPDATE, DELETE on the tables.'
    return new SojournError('ERR_STORE_UNAVAILABLE', 'PostgreSQL refuses what the store needs.', { applied, cause: error, fix })
  }
  if (code === '26000' || code === '42P05') {
    const fix = 'Behind a pooler that hands out connections by transaction, open the store with `prepare: false`.'
    return new SojournError('ERR_STORE_UNAVAILABLE', 'PostgreSQL mistakes prepared statements.', { applied, cause: error, fix })
  }
  return new SojournError('ERR_STORE_UNAVAILABLE', 'PostgreSQL does not answer as it should.', { applied, cause: error })
}

/**
 * Requires an answer to be about what was asked. Where a client and a pooler lost count of each other's messages, one caller is handed the
 * answer to another's question; nobody is ever to get another's session that way.
 */
export function assertAbout(asked: string, answered: unknown): void {
  if (answered === asked) return
  const fix =
    'Restart this process; behind a pooler that hands out connections by transaction, open the store with `prepare: false`.'
  throw new SojournError('ERR_STORE_UNAVAILABLE', 'PostgreSQL answered another question.', { applied: 'unknown', fix })
}
