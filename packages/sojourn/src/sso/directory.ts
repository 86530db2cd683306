// What must a directory keep (users, their attributes, links, one-time tokens, audit), and what does each of its calls promise?
//
// Rules for every implementation: those of `engine/store.ts`, and
// - Uniqueness is enforced by the write itself, never by a look-up before it.
// - A write is one transaction: its change, its audit records and its effects stand or fall together.
// - Refusals in this order: `missing`, `superseded`, `last-super-user`, `exists`.
// - Every write is durable before it is answered, whatever a store's option says.
import type {
  AttributeChange,
  AttributeLimits,
  Cursor,
  Outcome,
  Page,
  Principal,
  SessionId,
  SessionStore,
  StoredAttribute,
} from '../engine/store.ts'
import type { Millis } from '../engine/time.ts'

/** Whether somebody has decided about an account. */
export type ApprovalStatus = 'before_decision' | 'approved' | 'rejected'

/** Whether an account was confirmed by the person who signed up. */
export type SignUpStatus = 'before_confirmation' | 'final'

/** A user as it is kept. Text that may be sealed is bytes when it is. */
export interface StoredUser {
  readonly userId: string
  /** As it was typed. */
  readonly username: string
  /** The username under NFKC and case folding: unique, and what look-ups use. */
  readonly usernameKey: string
  readonly isSuperUser: boolean
  readonly isInternal: boolean
  readonly isLocked: boolean
  /** When and by whom the account was last locked or unlocked. A user id, or a word such as `auto` for the system. */
  readonly lockedTime: Millis | null
  readonly lockedBy: string | null
  readonly approvalStatus: ApprovalStatus
  readonly approvalStatusModTime: Millis
  readonly approvalStatusModBy: string
  readonly signUpStatus: SignUpStatus
  readonly signUpTime: Millis
  readonly signUpConfirmTime: Millis | null
  /** Where the account came from: JSON text. */
  readonly creationCtx: string
  /** An encoded password hash (PHC string), `null` while no password is set. */
  readonly passwordHash: string | null
  readonly passwordMustChange: boolean
  readonly passwordLastSet: Millis | null
  readonly passwordExpiry: Millis | null
  readonly email: string | Uint8Array | null
  /** A keyed hash of the normalised address, to look it up by; `null` without an address. */
  readonly emailKey: string | null
  readonly displayName: string
  readonly firstName: string
  readonly middleName: string
  readonly lastName: string
  /** The applications this user may use; `null` for all. */
  readonly appList: readonly string[] | null
  readonly isTotpEnabled: boolean
  readonly totpKey: Uint8Array | null
  readonly totpLabel: Uint8Array | null
  /** The last time step whose code was accepted, so that none is accepted twice. */
  readonly totpLastStep: number | null
  readonly isRateLimitActive: boolean
  readonly rateLimitDef: string | null
}

/** The fields of a user that may change. */
export type UserChange = Partial<Omit<StoredUser, 'userId'>>

/** By what a user is looked up. */
export type UserLookup =
  | { readonly userId: string }
  | { readonly usernameKey: string }
  /** An external account whose link is active. */
  | { readonly link: { readonly authType: string; readonly authId: string } }

/** What a directory write does to sessions: what the session store is asked for, with the principal as it knows them. */
export type Effect =
  | { readonly kind: 'revoke'; readonly principal: Principal; readonly except?: SessionId }
  | { readonly kind: 'bump'; readonly principal: Principal }

/** An effect that was kept with its change and still has to be applied. */
export interface PendingEffect {
  readonly id: string
  readonly effect: Effect
}

/** One record of one call. Names may appear in it; values, tokens, secrets and passwords never. */
export interface AuditRecord {
  readonly at: Millis
  /** Correlation id. */
  readonly cid: string
  /** What was called, such as `user.login`, `session.attr.create`. */
  readonly operation: string
  readonly outcome: 'ok' | 'refused' | 'failed'
  /** The error code of a call that was not `ok`. */
  readonly reason: string | null
  /** Who called: a user id, a word such as `auto`, or `null` where nobody was known. */
  readonly actor: string | null
  /** On whom: a user id, or the user name of a login. */
  readonly target: string | null
  readonly remoteAddr: string
  readonly app: string
  /** More facts, such as attribute names. */
  readonly details: Readonly<Record<string, unknown>>
}

/** What goes with every directory write, in its transaction. */
export interface DirectoryWrite {
  readonly now: Millis
  /** Appended if, and only if, the write is applied. */
  readonly audit: readonly AuditRecord[]
  readonly effects: readonly Effect[]
  /** `here`: the directory applies the effects itself (it keeps the sessions too). `later`: it keeps them as rows and answers them. */
  readonly applyEffects: 'here' | 'later'
}

/** How a write of a user ended. Anything but `done` changed nothing. */
export type UserOutcome =
  /** Applied. `pending`: the effects that the caller has to apply and then settle; empty where they were applied here. */
  | { readonly outcome: 'done'; readonly pending: readonly PendingEffect[] }
  | { readonly outcome: 'missing' }
  /** The user id or the user name is taken. */
  | { readonly outcome: 'exists' }
  /** An expectation did not hold. */
  | { readonly outcome: 'superseded' }
  /** Nobody would be left to administer: no other super-user is approved and not locked. */
  | { readonly outcome: 'last-super-user' }

/** An external account that stands for a user. */
export interface LinkedAccount {
  readonly userId: string
  readonly authType: string
  readonly authId: string
  readonly authUsername: string
  readonly isActive: boolean
  readonly creationTime: Millis
}

/** A token that works once: password reset, sign-up confirmation, a security key without a session. Only its hash is kept. */
export interface OneTimeToken {
  readonly kind: string
  /** SHA-256 of the token, base64url. Unique within its kind. */
  readonly hash: string
  readonly userId: string | null
  readonly createdAt: Millis
  readonly expiresAt: Millis
  /** Text that goes with it, such as encoded data. */
  readonly data: string | null
}

/** Which audit records are listed. */
export interface AuditQuery {
  readonly after?: Cursor
  readonly limit: number
  /** Only those of one correlation id. */
  readonly cid?: string
  /** Default: `newest-first`. A cursor is good for the order it came from. */
  readonly order?: 'newest-first' | 'oldest-first'
}

/** Keeps the directory. See the head of this file for what holds of every call. */
export interface Directory {
  /** The installation key: what was kept first, by anybody. Keeps `candidate` (32 random bytes) when there is none. */
  installationKey(candidate: Uint8Array): Promise<Uint8Array>

  /** The session store whose effects this directory can apply in its own transactions; `null` where it keeps no sessions. */
  readonly sessions: SessionStore | null

  /**
   * Stores a new user.
   *
   * @param only `when-empty` refuses with `exists` when there is any user at all, so that of two first starts one makes the first user.
   */
  createUser(user: StoredUser, write: DirectoryWrite, only?: 'when-empty'): Promise<UserOutcome>

  findUser(by: UserLookup): Promise<StoredUser | undefined>

  /**
   * Changes the given fields of a user.
   *
   * @param expect fields that must still hold these values, or `superseded`; compared in the same transaction.
   * @param guard `last-super-user` refuses a change after which no approved, unlocked super-user is left where there was one.
   */
  updateUser(userId: string, change: UserChange, write: DirectoryWrite, options?: UserWriteOptions): Promise<UserOutcome>

  /** Removes a user with their attributes, links and one-time tokens. Honours `options` as {@link updateUser} does. */
  deleteUser(userId: string, write: DirectoryWrite, options?: UserWriteOptions): Promise<UserOutcome>

  /** Users by their username key, page by page: all, or those of an address, which several may share. */
  listUsers(query: { readonly after?: Cursor; readonly limit: number; readonly emailKey?: string }): Promise<Page<StoredUser>>

  /** A user's attributes: all or those named, expired ones left out; `undefined` when there is no such user. */
  loadAttributes(
    userId: string,
    want: 'all' | readonly string[],
    now: Millis,
  ): Promise<ReadonlyMap<string, StoredAttribute> | undefined>

  /**
   * Changes a user's attributes, all or nothing, under the rules of `SessionStore.update`; `missing` without such a user.
   * `effects` of the write are not used.
   */
  updateAttributes(
    userId: string,
    changes: readonly AttributeChange[],
    limits: AttributeLimits,
    write: DirectoryWrite,
  ): Promise<Outcome>

  /** Links an external account; `exists` when it is linked already, to anybody; `missing` without such a user. */
  createLink(link: LinkedAccount, write: DirectoryWrite): Promise<UserOutcome>
  /** Removes a link; `missing` without it. */
  deleteLink(link: Pick<LinkedAccount, 'userId' | 'authType' | 'authId'>, write: DirectoryWrite): Promise<UserOutcome>
  /** A user's links, oldest first. */
  listLinks(userId: string): Promise<readonly LinkedAccount[]>

  /**
   * Keeps a one-time token; `exists` when there is one of that hash in its kind, `missing` when it names a user that is not there.
   *
   * @param siblings `cancel` removes the others of its kind and user in the same transaction; a token without a user has none.
   */
  createToken(token: OneTimeToken, write: DirectoryWrite, siblings: 'keep' | 'cancel'): Promise<UserOutcome>
  /** Takes a one-time token: of any number of concurrent calls one is answered with it. One that has expired by `now` answers `undefined`. */
  takeToken(kind: string, hash: string, now: Millis): Promise<OneTimeToken | undefined>
  /** One-time tokens that have not expired by `now`, page by page, in the order of the bytes of their kind and hash. */
  listTokens(query: { readonly after?: Cursor; readonly limit: number }, now: Millis): Promise<Page<OneTimeToken>>

  /** Appends records of calls that changed nothing. */
  appendAudit(records: readonly AuditRecord[]): Promise<void>
  /** Audit records in the order in which they were appended, or the other way round, which is the default. */
  listAudit(query: AuditQuery): Promise<Page<AuditRecord>>

  /** Effects that were kept and not settled, oldest first. */
  pendingEffects(limit: number): Promise<readonly PendingEffect[]>
  /** Forgets effects that have been applied. Unknown ids are ignored. */
  settleEffects(ids: readonly string[]): Promise<void>

  /** Removes at most `limit` expired one-time tokens; `more` when there may be others. */
  sweep(now: Millis, limit: number): Promise<{ readonly removed: number; readonly more: boolean }>

  close(): Promise<void>
}

/** Conditions of a user write. */
export interface UserWriteOptions {
  readonly expect?: UserChange
  readonly guard?: 'last-super-user'
}

/** What `memoryStore`, `sqliteStore` and their kin answer: both halves, to be used together or apart. */
export interface Store {
  readonly sessions: SessionStore
  readonly directory: Directory
}

/** Whether a user still holds the expected values; bytes and lists are compared by their content. */
export function holds(user: StoredUser, expect: UserChange): boolean {
  const values: Readonly<Record<string, StoredUser[keyof StoredUser]>> = { ...user }
  return Object.entries(expect).every(([field, value]) => same(values[field], value))
}

function same(a: StoredUser[keyof StoredUser] | undefined, b: StoredUser[keyof StoredUser]): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

/** Whether a user can administer. The last of them is who the guard `last-super-user` keeps. */
export function canAdminister(user: StoredUser): boolean {
  return user.isSuperUser && !user.isLocked && user.approvalStatus === 'approved'
}
