// How does the SSO face say what is wrong with an account, and how much of it may be told?
import { ERRORS, type ErrorCode, type ErrorFacts, type Problem, SojournError } from '../../engine/error.ts'

/** What a refusal is made of beside its code. */
export interface ValidationFacts extends ErrorFacts {
  /** Default: the first sub-status of the code. */
  readonly subStatus?: readonly string[]
  /** Whether the code may be told to clients. Default: `true`. */
  readonly returnStatus?: boolean
}

/** A refusal of the SSO face, with the sub-status codes of its documents. */
export class ValidationError extends SojournError {
  override readonly name = 'ValidationError'
  /** Codes such as `E005001`. */
  readonly subStatus: readonly string[]
  /**
   * Whether clients may be told {@link ValidationError.subStatus} and `code`. Code in the same process always sees them; whoever answers
   * a client sends {@link disclosed} instead.
   */
  readonly returnStatus: boolean

  constructor(code: ErrorCode, message: string, facts: ValidationFacts = {}) {
    super(code, message, facts)
    this.subStatus = facts.subStatus ?? ERRORS[code].subStatus.slice(0, 1)
    this.returnStatus = facts.returnStatus ?? true
  }

  /** As for any error; for one that may not be told as for a wrong password, so that nothing can be learned from the difference. */
  override toProblem(): Problem {
    return this.returnStatus ? super.toProblem() : credentialsInvalid().toProblem()
  }
}

/** Whether an unknown error is a refusal of the SSO face. */
export function isValidationError(error: unknown): error is ValidationError {
  return error instanceof ValidationError
}

/** The one answer to a login that is refused for a reason that may not be told. */
export function credentialsInvalid(): ValidationError {
  return new ValidationError('ERR_CREDENTIALS_INVALID', 'The user name or the password is not right.')
}

/** A regular user asks for a change of an account that only super-users make. */
export function changeRefused(): ValidationError {
  return new ValidationError('ERR_ACCESS_DENIED', 'Only super-users may do this.', { subStatus: ['E008002'] })
}

/** The one answer to any other call that is refused for a reason that may not be told. */
export function accessDenied(): ValidationError {
  return new ValidationError('ERR_ACCESS_DENIED', 'The caller may not do this.')
}

/**
 * What a client may be told about an error: the error itself, or `E005001` in place of one whose `returnStatus` is `false`.
 *
 * @param call `login` answers as for a wrong password, so that nothing can be learned from the difference; `other` as for a missing right.
 */
export function disclosed(error: SojournError, call: 'login' | 'other'): SojournError {
  if (!isValidationError(error) || error.returnStatus) return error
  return call === 'login' ? credentialsInvalid() : accessDenied()
}
