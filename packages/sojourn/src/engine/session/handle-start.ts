// With what does a session handle begin, and what does it work with?
import type { Events } from '../events.ts'
import type { Policy } from '../policy.ts'
import type { SessionKeys } from '../sealing/session-keys.ts'
import type { SessionHeader, SessionStore, StoredAttribute, Want } from '../store.ts'
import type { Clock, Millis } from '../time.ts'
import type { Touches } from './touches.ts'

/** What a handle works with. */
export interface HandleServices {
  readonly store: SessionStore
  readonly clock: Clock
  readonly policy: Policy
  readonly keys: SessionKeys
  readonly touches: Touches
  readonly events: Events
}

/** With what a handle begins. */
export interface HandleStart {
  readonly header: SessionHeader
  readonly version: number | undefined
  readonly attributes: ReadonlyMap<string, StoredAttribute>
  /** Which attributes these are. */
  readonly want: Want
  /** The present secret; `undefined` for who has only the id. */
  readonly secret: string | undefined
  /** Its hash, where that is known already. */
  readonly secretHash: string | undefined
  /** How the client presented it, and by which secret; `undefined` when it did not. */
  readonly presented: 'present' | 'replaced' | undefined
  readonly shown?: string
  readonly passive: boolean
  readonly rotates: boolean
  readonly now: Millis
  /** A token that the client does not have yet. */
  readonly token: string | null
}
