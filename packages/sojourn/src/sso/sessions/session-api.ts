// What can be done with sessions by somebody who is logged in?
import type { AttributeSchema } from '../../engine/attributes/schema.ts'
import type { Assurance } from '../../engine/session/assurance.ts'
import type { Cursor, SessionId } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import type { CallContext } from '../access/context.ts'
import type { CurrentSession, SessionEntity } from './session-entity.ts'
import type { SessionFacts } from './session-facts.ts'

/** One entry of a session's interaction history. */
export interface SessionStateChange {
  readonly remoteAddr: string
  readonly userAgent: string
  /** Epoch milliseconds. */
  readonly timestampUtc: Millis
  /** `login` or `renew`. */
  readonly ctxSource: string
}

/** A session in a list. */
export interface SessionListEntry extends SessionFacts {
  /** How it was opened: `default` for a password. */
  readonly authType: string
  /** The user name it was opened with; `null` for a guest. */
  readonly authPrincipal: string | null
  /** The latest 100, oldest first. */
  readonly sessionStateChangeList: readonly SessionStateChange[]
}

/** A list of sessions, and where to go on when there are more. It may be empty and still have a `next`. */
export interface SessionList extends ReadonlyArray<SessionListEntry> {
  readonly next?: Cursor
}

/** Names a session: by its token, with which sealed values open, or by its public id. */
export interface SessionTarget {
  readonly targetUst?: string | undefined
  readonly id?: SessionId | undefined
}

/** Reads a session. */
export interface SessionGetCall extends CallContext, SessionTarget {
  /** Whether a session whose owner's password has expired is refused. Default: `true`. The caller's own password counts in any case. */
  readonly checkIfPasswordExpired?: boolean | undefined
}

/** Lists sessions: the caller's own, those of the owner of `targetUst`, or those of `userId`. */
export interface SessionListCall extends CallContext {
  readonly targetUst?: string | undefined
  readonly userId?: string | undefined
  readonly after?: Cursor | undefined
  /** 1 to 1000. Default: `100`. */
  readonly limit?: number | undefined
}

/** What can be done with sessions. Every call may throw what {@link UserApi} names for logged-in callers. */
export interface SessionApi<S extends AttributeSchema = AttributeSchema> {
  /**
   * A session: one's own or, for super-users, anybody's.
   *
   * @throws {ValidationError} `ERR_SESSION_ENDED` when the target is not usable; `ERR_ACCESS_DENIED` for regular users who name an id that is not
   * one of theirs, whether there is such a session or not.
   */
  get(call: SessionGetCall): Promise<SessionEntity<S>>
  /** Sessions of one user: one's own or, for super-users, anybody's. */
  getList(call?: SessionListCall): Promise<SessionList>
  /**
   * Whether a session is usable at this moment; never extends it. Super-users only.
   *
   * @returns `false` for everything that is wrong with the target; what is wrong with the caller is thrown.
   */
  verify(call: CallContext & { readonly targetUst?: string | undefined }): Promise<boolean>
  /**
   * Lets the caller's session live its full time from now, up to its absolute deadline.
   *
   * @returns the new expiration time in epoch milliseconds.
   */
  renew(call?: CallContext): Promise<Millis>
  /** The caller's session. `needsSuperUser` refuses regular users. Default: `false`. */
  getCurrentSession(call?: CallContext & { readonly needsSuperUser?: boolean | undefined }): Promise<CurrentSession<S>>
  /**
   * The caller's session when they have logged in as asked: lately, or with certain factors. For what is too sensitive for a session that
   * has been lying about.
   *
   * @throws {ValidationError} `ERR_LOGIN_REQUIRED` (E005001) when they have not.
   * @see OWASP ASVS 5.0, 7.5.1 and 7.5.3
   */
  requireLogin(call?: CallContext & Assurance): Promise<CurrentSession<S>>
  /**
   * The caller's session when they are a super-user.
   *
   * @throws {ValidationError} `ERR_ACCESS_DENIED` when they are not.
   */
  requireSuperUser(call?: CallContext): Promise<CurrentSession<S>>
  /**
   * Ends one session: one's own or, for super-users, anybody's.
   *
   * @returns whether it was alive.
   */
  end(call: CallContext & { readonly id: SessionId }): Promise<boolean>
  /**
   * Ends all sessions of a user: one's own or, for super-users, anybody's. The work does not grow with their number.
   *
   * @param call.keepCurrent spares the caller's session. Default: `false`.
   */
  endAll(call?: CallContext & { readonly userId?: string | undefined; readonly keepCurrent?: boolean | undefined }): Promise<void>
}
