// What does the SSO face tell about a session?
import type { Attributes } from '../../engine/attributes/attributes.ts'
import type { AttributeSchema } from '../../engine/attributes/schema.ts'
import type { SessionHeader } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import { type SessionFacts, sessionFacts } from './session-facts.ts'

/** The four facts of a session under the names that services log. Instants are epoch milliseconds. */
export interface SessionDict {
  readonly creation_time: Millis
  readonly expiration_time: Millis
  readonly remote_addr: string
  readonly user_agent: string
}

/** A session as it was when it was read, and the way to its named values. */
export interface SessionEntity<S extends AttributeSchema = AttributeSchema> extends SessionFacts {
  /**
   * The named values of this session. Each use checks again that the caller may: their own session's or, for super-users, anybody's.
   * Sealed values open only where the session was named by its token.
   */
  readonly attr: Attributes<S>
  /** The facts that services log, under their names in snake case. */
  toDict(): SessionDict
}

/** The caller's own session, and who the caller is. */
export interface CurrentSession<S extends AttributeSchema = AttributeSchema> extends SessionEntity<S> {
  readonly userId: string
  readonly username: string
  readonly isSuperUser: boolean
}

/** A session as it was read. */
export function sessionEntity<S extends AttributeSchema>(
  header: SessionHeader,
  username: string | null,
  attr: Attributes<S>,
): SessionEntity<S> {
  const facts = sessionFacts(header, username)
  return {
    ...facts,
    attr,
    toDict: () => ({
      creation_time: facts.creationTime,
      expiration_time: facts.expirationTime,
      remote_addr: facts.remoteAddr,
      user_agent: facts.userAgent,
    }),
  }
}
