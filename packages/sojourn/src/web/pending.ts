// What did a request do to an entry, and what does that ask of the store?
import { sum } from '../engine/attributes/sum.ts'
import { encodeValue } from '../engine/codec/codec.ts'
import type { Edit } from '../engine/core.ts'
import { SojournError } from '../engine/error.ts'
import type { Millis, Seconds } from '../engine/time.ts'

/** How a value is to be kept. What is left out stays as it is; a new entry is kept as it was declared. */
export interface EntryOptions {
  /** How long it lives from now. Unit: seconds, positive; `null` for as long as the session. */
  readonly expiration?: Seconds | null | undefined
  /** Whether it is sealed. */
  readonly encrypt?: boolean | undefined
}

/** A function of the value there is. */
export type Step = (old: unknown) => unknown

/** What a request did to an entry, and how it is to be kept from now on. */
export type Pending = Keeping &
  (
    | { readonly kind: 'put' }
    | { readonly kind: 'add'; readonly by: number }
    /** `before`: the stored text that the request's own value was made of. */
    | { readonly kind: 'change'; readonly steps: readonly Step[]; readonly before: string | undefined }
  )

/** How an entry is to be kept; `undefined`: as it is. */
export interface Keeping {
  readonly encrypt: boolean | undefined
  readonly expiresAt: Millis | null | undefined
}

/** How an entry that was changed is to be kept. */
interface EditKeeping extends Keeping {
  /** When the stored one would have ended: where that is deleted meanwhile it must not come back to live for longer. */
  readonly expiresAtIfGone: Millis | null | undefined
}

/**
 * The edit that a pending change asks for. `value` is what the request saw last; `fits` is what the schema of a declared entry makes of a value, or
 * an error, for what comes of another request's.
 */
export function pendingEdit(name: string, pending: Pending, kept: EditKeeping, value: unknown, fits: Step | undefined): Edit {
  const { kind } = pending
  if (kind === 'add') return { kind, name, by: pending.by, checked: fits, ...kept }
  if (kind === 'put') return { kind, name, value, when: 'always', ...kept }
  const { steps, before } = pending
  // Where nobody was faster the request's own result counts, so that what it saw is what is stored, also if a function is not pure.
  const change: Step = (old) => {
    if (textOf(name, old) === before) return value
    return steps.reduce((seen, step) => (fits ? fits(step(seen)) : step(seen)), old)
  }
  return { kind, name, when: 'always', change, ...kept }
}

function textOf(name: string, value: unknown): string | undefined {
  return value === undefined ? undefined : encodeValue(name, value)
}

/** The steps so far on an entry, as functions. */
export function stepsOf(name: string, pending: Pending | undefined): readonly Step[] {
  if (pending?.kind === 'change') return pending.steps
  return pending?.kind === 'add' ? [(old) => sum(name, old, pending.by)] : []
}

/** What `change` answered was altered afterwards: nobody could repeat that on a newer value. */
export function mutatedAfterChange(name: string): SojournError {
  return new SojournError(
    'ERR_ATTRIBUTE_CONFLICT',
    `\`${name}\` was mutated after \`change\`, which cannot be repeated on a newer value.`,
    {
      fix: 'Do all of it in the function, or replace the value by `set`.',
      names: [name],
    },
  )
}
