// What happens around every call of the SSO face: reading it, recording it, and telling what went wrong?
import { doneInPart, ERRORS, isSojournError } from '../engine/error.ts'
import type { Clock, Millis } from '../engine/time.ts'
import { type Call, type CallContext, type CallFacts, CONTEXT_FIELDS, callFacts, merged } from './access/context.ts'
import { isValidationError, ValidationError } from './access/validation-error.ts'
import { type AuditEntry, auditText, openEntry } from './audit/audit-entry.ts'
import type { AuditTrail } from './audit/audit-trail.ts'
import { type ArgumentsOf, type Field, type Fields, pick, requireKnown } from './fields.ts'

/** What the verbs stand on. */
export interface VerbServices {
  readonly clock: Clock
  readonly trail: AuditTrail
  readonly firstApp: string
}

/** Makes the verbs of a face. */
export interface Verbs {
  /** A verb: its operation as audit records name it, its fields beside the context, and what it does. */
  verb<F extends Fields, T>(
    operation: string,
    fields: F,
    work: (call: Call, args: ArgumentsOf<F>) => Promise<T>,
  ): (input?: object) => Promise<T>
  /** Runs one more call in the context of an earlier one, such as a verb on attributes. */
  again<T>(operation: string, facts: CallFacts, work: (call: Call) => Promise<T>): Promise<T>
}

/** Errors of the engine carry their sub-status codes here, like those of the face itself. */
function asValidation(error: unknown): unknown {
  if (!isSojournError(error) || isValidationError(error) || ERRORS[error.code].subStatus.length === 0) return error
  const { code, message, fix, errors, names, cause } = error
  return new ValidationError(code, message, { fix, errors, names, cause: cause ?? error })
}

/** The record of a call that failed: a refusal where the caller could have done otherwise. */
function failure(entry: AuditEntry, error: unknown) {
  if (!isSojournError(error)) return entry.record('failed', 'unexpected')
  if (isValidationError(error)) entry.details['subStatus'] = error.subStatus
  return entry.record(error.status < 500 ? 'refused' : 'failed', error.code)
}

function isRight(field: Field<unknown>, value: unknown, name: string): boolean {
  try {
    field(value, name)
    return true
  } catch {
    return false
  }
}

/** The verbs of a face whose context is bound in part. */
export function createVerbs({ clock, trail, firstApp }: VerbServices, bound: CallContext): Verbs {
  function begin(operation: string, { cid, remoteAddr, currentApp }: CallFacts, at: Millis): AuditEntry {
    return openEntry({ at, cid, operation, remoteAddr, app: auditText(currentApp) })
  }

  async function again<T>(operation: string, facts: CallFacts, work: (call: Call) => Promise<T>): Promise<T> {
    const now = clock()
    const entry = begin(operation, facts, now)
    try {
      const result = await work({ ...facts, now, entry })
      if (!entry.isWritten) trail.add(entry.record('ok', null))
      return result
    } catch (raw) {
      if (entry.isWritten) throw asValidation(doneInPart(raw))
      const error = asValidation(raw)
      trail.add(failure(entry, error))
      throw error
    }
  }

  /** The context of a call that cannot be read: each part that is right, whatever is wrong beside it. */
  function legibleFacts(input: object): CallFacts {
    const given = merged(bound, { ...input })
    const legible = Object.entries(CONTEXT_FIELDS).filter(([name, field]) => isRight(field, given[name], name))
    return callFacts(pick(Object.fromEntries(legible.map(([name]) => [name, given[name]])), CONTEXT_FIELDS), firstApp)
  }

  /** What a call that cannot be read leaves behind is a record as well, found by the correlation id that its caller knows. */
  function readable<T>(operation: string, input: object, read: () => T): T {
    try {
      return read()
    } catch (raw) {
      const error = asValidation(raw)
      trail.add(failure(begin(operation, legibleFacts(input), clock()), error))
      throw error
    }
  }

  return {
    again,
    verb:
      (operation, fields, work) =>
      async (input = {}) => {
        const known = [...Object.keys(CONTEXT_FIELDS), ...Object.keys(fields)]
        const read = () => {
          const given = merged(bound, requireKnown('call', input, known))
          return { facts: callFacts(pick(given, CONTEXT_FIELDS), firstApp), args: pick(given, fields) }
        }
        const { facts, args } = readable(operation, input, read)
        return again(operation, facts, (call) => work(call, args))
      },
  }
}
