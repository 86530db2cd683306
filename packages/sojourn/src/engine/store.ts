// What must a session store keep, and what does each of its calls promise?
//
// Rules for every implementation:
// - Each call on one session is atomic and one round trip. No call's cost grows with the number of sessions.
// - A store never reads the clock (`now` comes in), never hashes, never decides policy, and reads a value only for `add`.
// - Expected refusals are `Outcome` values. An outage is `ERR_STORE_UNAVAILABLE` with its `cause`, never an empty answer.
// - A session is live while it exists, `now < expiresAt`, and both generations stamped at its creation are still in force.
//   Every call treats a session that is not live as missing, and no call brings one back.
// - An attribute whose `expiresAt` is at or before `now` is absent for every purpose; the next write of its session removes it.
import type { Millis, Seconds } from './time.ts'

/** The public name of a session: 18 bytes as 24 characters of base64url. Its first 8 bytes are the principal's tag, the first of them the shard. */
export type SessionId = string

/** Where a list goes on. Opaque; made by the store that reads it, which refuses any other with `ERR_OPTION_INVALID`, naming `after`. */
export type Cursor = string

/** Who a session belongs to, as a store sees them. */
export interface Principal {
  /** The user id. */
  readonly id: string
  /** The keyed hash of the user id that begins each of their session ids: 8 bytes as 16 lower-case hexadecimal digits. */
  readonly tag: string
}

/** The counters that decide whether what was read about a principal is still true. Both begin at 0. */
export interface Counters {
  /** Raised by a revocation: sessions stamped with an older one are dead. */
  readonly generation: number
  /** Raised when the user record changes: copies read at an older one are stale. */
  readonly version: number
}

/** Where a session came from and how its user proved who they are. Plain data, kept and answered as given. */
export interface SessionDetails {
  readonly remoteAddr: string
  readonly userAgent: string
  readonly app: string
  /** How the session was opened: `default` for a password login, otherwise the kind of external account. */
  readonly authType: string
  /** The factors presented, such as `pwd`, `otp` (RFC 8176). Empty for a guest. */
  readonly methods: readonly string[]
  /** When the user last proved who they are; `null` for a guest. */
  readonly authenticatedAt: Millis | null
}

/** One use of a session worth remembering. The store keeps the latest 100. */
export interface Interaction {
  readonly at: Millis
  readonly remoteAddr: string
  readonly userAgent: string
  readonly source: string
}

/** How many {@link Interaction}s a store keeps of one session; the oldest go first. */
export const HISTORY_LIMIT = 100

/** The fields of a session that change after its creation. */
export interface SessionState {
  /** When the session ends unless it is touched or renewed: the earlier of its idle and absolute deadline. */
  readonly expiresAt: Millis
  /** When the session ends whatever happens. */
  readonly absoluteAt: Millis
  /** When the secret is due for rotation; `null` for never. */
  readonly renewAt: Millis | null
  /** SHA-256 of the token's secret, base64url. */
  readonly secretHash: string
  /** The same of the secret before the last rotation; whoever presents it after the grace is a thief or was robbed. */
  readonly previousHash: string | null
  /** The present secret, sealed under the previous one, while the previous one is still answered. */
  readonly successor: Uint8Array | null
  /** When the previous secret stops being answered; `null` until the present one has been presented. */
  readonly graceEndsAt: Millis | null
  /** The key of this session's sealed attributes, wrapped; `null` until the first is sealed. */
  readonly dataKey: Uint8Array | null
  /** The same key wrapped under the previous secret, while that is still answered. */
  readonly previousDataKey: Uint8Array | null
}

/** A session without its attributes. */
export interface SessionHeader extends SessionState {
  readonly id: SessionId
  /** The user id, or `null` for a guest. */
  readonly principal: string | null
  readonly createdAt: Millis
  /** Whether use pushes the idle deadline. */
  readonly sliding: boolean
  readonly details: SessionDetails
}

/** One stored attribute. */
export interface StoredAttribute {
  /** Encoded text, or sealed bytes. */
  readonly value: string | Uint8Array
  readonly createdAt: Millis
  readonly modifiedAt: Millis
  readonly expiresAt: Millis | null
  /**
   * For compare-and-set: moves with every write of this attribute, a change of its expiry included. At least 1. The store takes
   * it from a count of its session's attribute writes, so that no revision returns after a removal; see {@link SessionStore.update}.
   */
  readonly revision: number
}

/** What a new session is made of. */
export interface NewSession extends SessionHeader {
  readonly attributes: ReadonlyMap<string, StoredAttribute>
  readonly history: readonly Interaction[]
}

/** Which attributes of a session are asked for: none, all, or those named. */
export type Want = 'header' | 'all' | readonly string[]

/** A live session as it was read. */
export interface StoredSession extends SessionHeader {
  /** Of the attributes asked for, those that are there and not expired. */
  readonly attributes: ReadonlyMap<string, StoredAttribute>
  /** The principal's version when this was read; 0 for a guest. */
  readonly version: number
}

/** A session in a list: what it is and how it was used, none of its attributes. */
export interface ListedSession extends SessionHeader {
  readonly history: readonly Interaction[]
}

/**
 * One change of one attribute. A change that leaves nothing to write is no write: to remove what is absent, or to keep the value
 * of an absent one.
 */
export interface AttributeChange {
  readonly name: string
  /** `absent`: create. `present`: update, expire, take. `always`: set, delete. An expired attribute is absent. */
  readonly when: 'absent' | 'present' | 'always'
  /** The new value: text is plain, bytes are sealed. `null` removes the attribute; omitted keeps the value there is. */
  readonly value?: string | Uint8Array | null
  /**
   * Instead of `value`: adds this safe integer to a plain one kept as decimal text (`0`, or digits without a leading zero, after
   * `-` where negative). An absent attribute counts as 0. Where the present value or the sum is not a safe integer, that is a
   * `not-a-number` conflict.
   */
  readonly add?: number
  /** Lets a plain value replace a sealed one. Without it that is a `sealed` conflict, and so is `add` to a sealed one. */
  readonly unseal?: boolean
  /** `null`: never. Omitted: what is there, never for a new attribute. */
  readonly expiresAt?: Millis | null
  /** Compare-and-set: the revision the attribute must have; 0 for absent. Otherwise a `revision` conflict. */
  readonly revision?: number
}

/** What a session may hold after a change; more is refused as `full`. Names and values count in UTF-8 bytes. */
export interface AttributeLimits {
  readonly attributes: number
  readonly bytes: number
}

/** A change of one session, applied whole or not at all. */
export interface SessionChange {
  /** What must still be true; otherwise `superseded`. */
  readonly expect?: {
    readonly secretHash?: string
    /** The principal's version. */
    readonly version?: number
    readonly dataKey?: 'absent'
  }
  readonly header?: Partial<SessionState> & {
    /** Drops a new `expiresAt` that is not later than the stored one by at least this many milliseconds; the rest of the change stands. */
    readonly touchInterval?: Millis
    /** Appended to the history, which keeps the latest {@link HISTORY_LIMIT}. */
    readonly interaction?: Interaction
    readonly details?: SessionDetails
  }
  /** All or none. Their names are distinct. */
  readonly attributes?: readonly AttributeChange[]
  /** Checked after the change; a limit that the change does not bring further away is not held against it. */
  readonly limits?: AttributeLimits
}

/** Why an attribute change was refused: of several reasons the first in the order `exists`, `absent`, `revision`, `sealed`, `not-a-number`. */
export interface AttributeConflict {
  readonly name: string
  readonly reason: 'exists' | 'absent' | 'revision' | 'sealed' | 'not-a-number'
}

/** How a conditional write ended. Anything but `done` changed nothing. */
export type Outcome =
  /** Applied. `added`: the numbers that `add` arrived at. */
  | { readonly outcome: 'done'; readonly added: ReadonlyMap<string, number> }
  /** No such live session (or user). */
  | { readonly outcome: 'missing' }
  /** There is one of that id already, dead or alive. Only `create`. */
  | { readonly outcome: 'exists' }
  /** An expectation did not hold. */
  | { readonly outcome: 'superseded' }
  /** Attributes in the way; every one is named, in the order of the changes. */
  | { readonly outcome: 'conflict'; readonly conflicts: readonly AttributeConflict[] }
  /** A limit would be exceeded. */
  | { readonly outcome: 'full'; readonly limit: keyof AttributeLimits }

/** Which sessions a revocation ends. */
export type RevocationScope = { readonly principal: Principal; readonly except?: SessionId } | 'guests' | 'all'

/** A page of a list. It may hold fewer than asked for, even none; only an absent `next` is the end. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next?: Cursor
}

/** A session that a sweep removed, and why it was dead. */
export interface EndedSession {
  readonly id: SessionId
  readonly principal: string | null
  readonly reason: 'expired' | 'revoked'
}

/** Keeps sessions. See the head of this file for what holds of every call. */
export interface SessionStore {
  /** How often dead sessions are worth removing, where nobody says otherwise. Unit: seconds. */
  readonly sweepInterval: Seconds

  /** Reads a principal's counters. */
  counters(principal: Principal): Promise<Counters>

  /**
   * Stores a new session under the generations in force at that moment; `exists` where its id is taken. Its `createdAt` is the present
   * instant where one is needed: a tombstone that ended by then no longer takes the id, nor does a session that expired. One that was
   * revoked does until it is swept.
   *
   * @param expect counters read before; `superseded` if one of them has moved.
   */
  create(session: NewSession, expect?: Counters): Promise<Outcome>

  /**
   * Reads a live session: its header alone, with all attributes, or with those named.
   *
   * @returns `undefined` when there is no such live session; `'ended'` while a tombstone of it is kept.
   */
  load(id: SessionId, want: Want, now: Millis): Promise<StoredSession | 'ended' | undefined>

  /**
   * Applies a change to a live session.
   *
   * Refusals in this order: `missing`, `superseded`, `conflict`, `full`. Each call that writes attributes raises the session's
   * count of them by one, and that is the revision of every attribute it wrote. The count begins at the highest revision the
   * session was created with.
   */
  update(id: SessionId, change: SessionChange, now: Millis): Promise<Outcome>

  /**
   * Removes a session.
   *
   * @param tombstoneUntil keeps the id taken until then: `load` answers `'ended'`, `create` `exists`, `update` `missing`.
   * A tombstone is kept also where no session was; of two the later one counts.
   * @returns whether it was live.
   */
  delete(id: SessionId, now: Millis, tombstoneUntil?: Millis): Promise<boolean>

  /**
   * Lists live sessions in an order that a page can go on from: one principal's, those of guests (`null`), or all (omitted).
   *
   * @throws {SojournError} `ERR_OPTION_INVALID` for an `after` that no page of such a list answered as its `next`.
   */
  list(
    query: { readonly principal?: Principal | null; readonly after?: Cursor; readonly limit: number },
    now: Millis,
  ): Promise<Page<ListedSession>>

  /** Ends all sessions in scope, now and on every node, by moving a generation; `except` stays alive under the new one. */
  revoke(scope: RevocationScope, now: Millis): Promise<void>

  /** Raises a principal's version: their user record changed. */
  bump(principal: Principal): Promise<void>

  /**
   * Asks, before a sweep in the background, whether it is worth while: `false` where another process has begun one within the interval, and
   * looking for what is dead costs as much as there are sessions. A sweep that somebody asked for does not ask. One that was begun and failed counts
   * as well: what it left is dead anyway, and the next interval comes.
   */
  claimSweep(interval: Seconds): Promise<boolean>

  /** Removes at most `limit` dead sessions and tombstones; `more` when there may be others. `ended` names no tombstones. */
  sweep(
    now: Millis,
    limit: number,
  ): Promise<{ readonly removed: number; readonly ended: readonly EndedSession[]; readonly more: boolean }>

  /** Lets go of what the store itself opened. */
  close(): Promise<void>
}
