// Which passwords are acceptable?
import { ValidationError } from '../access/validation-error.ts'

/** The rules in force. Lengths in code points. */
export interface PasswordPolicy {
  readonly minLength: number
  readonly maxLength: number
  /** Lower case, none empty. */
  readonly rejectList: readonly string[]
  readonly minComplexity: number
  readonly strength: ((password: string) => number) | undefined
  /** Whether the reason may be told. */
  readonly informIfInvalid: boolean
}

/**
 * What counts, is hashed and is compared: the same password typed on another keyboard is the same.
 *
 * @see NIST SP 800-63B-4, section 3.1.1.2 (normalisation, code points)
 */
export function normalPassword(password: string): string {
  return password.normalize('NFKC')
}

/** What a call names the password by that is to be kept. */
export type PasswordField = 'password' | 'newPassword'

/**
 * Refuses a password that is not acceptable.
 *
 * @throws {ValidationError} `ERR_PASSWORD_REFUSED` with E003008, E003002, E003003 or E003001, the first that applies in this order.
 * @see NIST SP 800-63B-4, section 3.1.1.2
 */
export function requireGoodPassword(password: string, policy: PasswordPolicy, field: PasswordField): void {
  const refuse = (subStatus: string, reason: string): never => {
    throw new ValidationError('ERR_PASSWORD_REFUSED', `The password ${reason}.`, {
      subStatus: [subStatus],
      returnStatus: policy.informIfInvalid,
      errors: [{ field, reason }],
    })
  }
  const plain = normalPassword(password)
  const characters = [...plain]
  const { length } = characters
  if (policy.minComplexity > 0) {
    // What is longer is refused anyway, and may be so much longer that rating all of it would stop the process.
    const rating = policy.strength?.(length > policy.maxLength ? characters.slice(0, policy.maxLength).join('') : plain)
    if (typeof rating !== 'number' || !(rating >= policy.minComplexity)) refuse('E003008', 'is too easy to guess')
  }
  if (length < policy.minLength) refuse('E003002', `must have at least ${policy.minLength} characters`)
  if (length > policy.maxLength) refuse('E003003', `must have at most ${policy.maxLength} characters`)
  if (!password.isWellFormed()) refuse('E003001', 'must be well-formed Unicode')
  const lower = plain.toLowerCase()
  if (policy.rejectList.some((fragment) => lower.includes(fragment))) refuse('E003001', 'contains what is guessed first')
}
