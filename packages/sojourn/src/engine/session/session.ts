// What is a session to those who use the engine, and what can be done with sessions?
import type { Attributes } from '../attributes/attributes.ts'
import type { AttributeSchema } from '../attributes/schema.ts'
import type { Counters, Cursor, Interaction, Page, SessionDetails, SessionId } from '../store.ts'
import type { Millis } from '../time.ts'

/** A live session at the moment it was read. Its `attr` asks the store again. */
export interface Session<S extends AttributeSchema = AttributeSchema> {
  /** Its public name, safe in logs and lists. Never the token. */
  readonly id: SessionId
  /** The user id; `null` for a guest. */
  readonly principal: string | null
  readonly createdAt: Millis
  readonly expiresAt: Millis
  readonly details: SessionDetails
  /** The named values of this session. No authorisation: that is the caller's part. */
  readonly attr: Attributes<S>
}

/** A session in a list. */
export interface SessionInfo {
  readonly id: SessionId
  readonly principal: string | null
  readonly createdAt: Millis
  readonly expiresAt: Millis
  readonly sliding: boolean
  readonly details: SessionDetails
  /** How it was used; the latest 100. */
  readonly history: readonly Interaction[]
}

/** How a session is started. */
export interface StartOptions {
  /** The user id; `null` for a guest. */
  readonly principal: string | null
  /** Where it comes from; what is left out is empty. */
  readonly details?: { readonly [Field in keyof SessionDetails]?: SessionDetails[Field] | undefined } | undefined
  /** Named values it has from the start. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined
  /** Whether use pushes its deadline. Default: `false`. */
  readonly sliding?: boolean | undefined
  /** Counters read before, for instance before a password was checked: when they have moved, the start is `ERR_CREDENTIALS_INVALID`. */
  readonly expect?: Counters | undefined
}

/** How a token is read. */
export interface ResumeOptions {
  /** `true` for a request that must not keep the session alive, such as polling. Default: `false`. */
  readonly passive?: boolean | undefined
  /** Attributes to read in the same round trip. Reading them answers what they were then, until this session object changes one. */
  readonly preload?: 'all' | readonly string[] | undefined
}

/** Which sessions a revocation ends. */
export type RevokeScope = { readonly principal: string; readonly except?: SessionId | undefined } | 'guests' | 'all'

/** Starts, reads and ends sessions. Trusted: nothing here asks who is calling. */
export interface Sessions<S extends AttributeSchema = AttributeSchema> {
  /**
   * Starts a session. One store call.
   *
   * @returns the session and its token, which is never readable again.
   * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_VALUE_UNSUPPORTED`, `ERR_VALUE_TOO_LARGE`, `ERR_KEY_MISSING`, `ERR_STORE_UNAVAILABLE`;
   * `ERR_CREDENTIALS_INVALID` when `expect` does not hold any more.
   */
  start(options: StartOptions): Promise<{ readonly session: Session<S>; readonly token: string }>
  /**
   * Reads a token: the session it names, or `undefined` when it names none that is alive.
   *
   * One round trip; a second one when the idle deadline is pushed or the secret rotated. Malformed, unknown, ended and revoked tokens all
   * answer `undefined`; which it was is told only by the event `session.refused`.
   *
   * @param token as issued; untrusted input, at most 128 bytes are looked at, and a malformed one never reaches the store.
   * @returns the session, and a new token, or `null` when the client keeps the one it has.
   * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_STORE_UNAVAILABLE`
   * @see OWASP Session Management Cheat Sheet, "Renewal Timeout"
   */
  resume(
    token: string,
    options?: ResumeOptions,
  ): Promise<{ readonly session: Session<S>; readonly token: string | null } | undefined>
  /**
   * Live sessions: one user's, those of guests (`null`), or all (omitted), page by page.
   *
   * @param query.limit 1 to 1000. Default: `100`. A page may hold fewer, even none; only an absent `next` is the end.
   * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_STORE_UNAVAILABLE`
   */
  list(query?: {
    readonly principal?: string | null | undefined
    readonly after?: Cursor | undefined
    readonly limit?: number | undefined
  }): Promise<Page<SessionInfo>>
  /**
   * Ends a session by its id.
   *
   * @returns whether it was alive.
   * @throws {SojournError} `ERR_STORE_UNAVAILABLE`
   */
  end(id: SessionId): Promise<boolean>
  /**
   * Lets a session live its full time from now, up to its absolute deadline.
   *
   * @returns as {@link Sessions.resume}.
   * @throws {SojournError} `ERR_STORE_UNAVAILABLE`
   */
  renew(token: string): Promise<{ readonly session: Session<S>; readonly token: string | null } | undefined>
  /**
   * Ends all sessions of a user (but `except`), of guests, or of everyone: at once, on every process, in work that does not grow with
   * their number.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_STORE_UNAVAILABLE`
   */
  revoke(scope: RevokeScope): Promise<void>
  /**
   * Says that a user's record changed, so that copies kept with their sessions are fetched again.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_STORE_UNAVAILABLE`
   */
  refresh(userId: string): Promise<void>
  /**
   * Removes what is dead.
   *
   * @param options.limit 1 to 1000. Default: `100`.
   * @returns how many were removed, and whether there may be more.
   * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_STORE_UNAVAILABLE`
   */
  sweep(options?: { readonly limit?: number | undefined }): Promise<{ readonly removed: number; readonly more: boolean }>
}
