// What is Sojourn once it is open?

import type { AttributeSchema } from '../engine/attributes/schema.ts'
import type { EngineEvent, EventType } from '../engine/events.ts'
import type { Policy } from '../engine/policy.ts'
import type { Sessions } from '../engine/session/session.ts'
import type { CallContext } from './access/context.ts'
import type { UserApi } from './users/user-api.ts'

/** The SSO face: every call is authorised and leaves one audit record. */
export interface SsoFace<S extends AttributeSchema = AttributeSchema, U extends AttributeSchema = AttributeSchema> {
  readonly user: UserApi<S, U>
  /** The same face with parts of the context bound; a call's own go first. */
  as(context: CallContext): SsoFace<S, U>
}

/** An open Sojourn. */
export interface Sojourn<S extends AttributeSchema = AttributeSchema, U extends AttributeSchema = AttributeSchema>
  extends SsoFace<S, U>,
    AsyncDisposable {
  /** The engine. Trusted: nothing there asks who is calling. */
  readonly sessions: Sessions<S>
  /** The policy in force. */
  readonly policy: Policy
  /** Listens to one type of event; the answer stops it. */
  on<T extends EventType>(type: T, listener: (event: EngineEvent<T>) => void): () => void
  /** Writes the audit records that wait, stops the timers, and lets go of what the stores themselves opened. */
  close(): Promise<void>
}
