// Which error is a refused change of attributes?
import { type ErrorCode, SojournError } from '../error.ts'
import { sealed } from '../sealing/session-keys.ts'
import type { AttributeConflict, AttributeLimits } from '../store.ts'
import { ATTRIBUTE_LIMITS } from './names.ts'
import { SUM_FIX } from './sum.ts'

const ERROR_OF: Record<AttributeConflict['reason'], readonly [code: ErrorCode, what: string, fix?: string]> = {
  exists: ['ERR_ATTRIBUTE_EXISTS', 'exists already'],
  absent: ['ERR_ATTRIBUTE_MISSING', 'does not exist'],
  revision: ['ERR_ATTRIBUTE_CONFLICT', 'was changed by others each time'],
  sealed: ['ERR_ATTRIBUTE_SEALED', 'is sealed'],
  'not-a-number': ['ERR_VALUE_UNSUPPORTED', 'holds no number that can be added to', SUM_FIX],
}

/** The error of conflicts that nothing can be done about: of the first one's kind, with the names of all of that kind. */
export function conflictError(first: AttributeConflict, all: readonly AttributeConflict[]): SojournError {
  const names = all.filter(({ reason }) => reason === first.reason).map(({ name }) => name)
  if (first.reason === 'sealed') return sealed(names)
  const [code, what, fix] = ERROR_OF[first.reason]
  const others = names.length > 1 ? ` (and ${names.length - 1} more)` : ''
  return new SojournError(code, `\`${first.name}\` ${what}${others}.`, { names, ...(fix !== undefined && { fix }) })
}

/** The error of a change for which there is no room. */
export function fullError(limit: keyof AttributeLimits): SojournError {
  const { attributes, bytes } = ATTRIBUTE_LIMITS
  const what = limit === 'attributes' ? `${attributes} attributes` : `${bytes / 1024} KiB of attributes`
  return new SojournError('ERR_VALUE_TOO_LARGE', `There would be more than ${what}.`)
}
