// With what is the engine opened?

import type { AttributeSchema } from './attributes/schema.ts'
import type { EngineEvent } from './events.ts'
import type { PolicyOptions } from './policy.ts'
import type { SessionStore } from './store.ts'
import type { Clock, Seconds } from './time.ts'

/** With what the engine is opened. */
export interface EngineOptions<S extends AttributeSchema = AttributeSchema> {
  readonly store: SessionStore
  /** 32 random bytes made once for an installation. Session ids are tagged with it. */
  readonly installationKey: Uint8Array
  /** The server key ring, newest first: 32 bytes each, base64url. Default: none, and nothing can be sealed. */
  readonly keys?: readonly string[] | undefined
  /** `token`: a session's sealed values open only with its token. `server`: with the server keys alone. Default: `token`. */
  readonly sealing?: 'token' | 'server' | undefined
  readonly policy?: PolicyOptions | undefined
  /** The declared session attributes. */
  readonly attributes?: S | undefined
  /** The deadline of each store call. Unit: seconds. Default: `2`. */
  readonly storeTimeout?: Seconds | undefined
  /** How often what is dead is removed. Unit: seconds. Default: `0` (off). */
  readonly sweepInterval?: Seconds | undefined
  /** What the time is. Unit: milliseconds since the epoch; parts of one are left out. Default: `Date.now`. */
  readonly clock?: Clock | undefined
  /** Told every event. */
  readonly onEvent?: ((event: EngineEvent) => void) | undefined
}
