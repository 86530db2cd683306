// Where do named values live, as far as their verbs need to know?
import type { AttributeConflict, AttributeLimits, StoredAttribute } from '../store.ts'
import type { Millis } from '../time.ts'

/** Values as they were read, and the way to open the sealed ones among them. */
export interface AttributeReading {
  /** Those asked for that are there and not expired. */
  readonly attributes: ReadonlyMap<string, StoredAttribute>
  /** Opens a sealed value. Throws `ERR_ATTRIBUTE_SEALED` where this caller may not, `ERR_STORE_CORRUPT` where it is not in its place. */
  open(name: string, sealed: Uint8Array): string
}

/** One change, as an `AttributeChange` of the store but with text to be sealed instead of sealed bytes. */
export interface HomeChange {
  readonly name: string
  readonly when: 'absent' | 'present' | 'always'
  /** Encoded text. `null` removes, omitted keeps. */
  readonly text?: string | null
  /** Whether the home seals the text. */
  readonly seal?: boolean
  readonly unseal?: boolean
  readonly add?: number
  readonly expiresAt?: Millis | null
  readonly revision?: number
}

/** A change that is being made, field by field. */
export type Draft<Change> = { -readonly [Field in keyof Change]: Change[Field] }

/** How a write ended. That the session or user is gone is thrown. */
export type HomeOutcome =
  | { readonly outcome: 'done'; readonly added: ReadonlyMap<string, number> }
  | { readonly outcome: 'conflict'; readonly conflicts: readonly AttributeConflict[] }
  | { readonly outcome: 'full'; readonly limit: keyof AttributeLimits }

/** A place of named values: a session's, or a user's. Knows how to seal what is kept there. */
export interface AttributeHome {
  /** Unique name of the place: `s:<session id>` or `u:<user id>`. Sealed values are bound to it. */
  readonly place: string
  /** Reads in one store call. */
  read(want: 'all' | readonly string[], now: Millis): Promise<AttributeReading>
  /** Applies changes in one store call, all or nothing. */
  write(changes: readonly HomeChange[], limits: AttributeLimits, now: Millis): Promise<HomeOutcome>
}
