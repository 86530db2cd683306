// What is a web session to the handler of a request?
import type { Counters, SessionId } from '../engine/store.ts'
import type { Millis } from '../engine/time.ts'
import type { EntryOptions } from './pending.ts'
import type { SecurityKeyOptions, ValidatedKey } from './security-keys.ts'

/** The names of declared entries. */
export type EntryKey<Entries> = keyof Entries & string

/** How a user logged in, as kept with the session. */
export interface LoginOptions {
  /** The kind of account. Default: `default`. */
  readonly authType?: string | undefined
  /** The factors presented, such as `pwd`, `otp` (RFC 8176). Default: none. */
  readonly methods?: readonly string[] | undefined
  /**
   * The token of the session that `sso.user.login` answered: the login holds only if that session still lives when this one begins, so that a
   * password that is changed, or a user who is locked, in the meantime stops it. The session is ended then, and tells how the user
   * logged in. Costs two reads and a deletion more. Default: your word.
   */
  readonly proof?: string | undefined
  /**
   * What {@link WebSessions.counters} answered before you checked the password: the same for users of your own, stopped by `killSessionsByUser`
   * and `refreshUser`. Default: your word.
   */
  readonly expect?: Counters | undefined
}

/** What goes with the end of a session. */
export interface LogoutOptions {
  /**
   * Has the browser forget what it kept of this site (`Clear-Site-Data`): caches, storage, and all cookies, unless a new session begins with the same
   * answer, for what `persistentFieldsOnLogout` keeps or what is set after the logout: its cookie would be forgotten, too. Default: `false`.
   */
  readonly clearSiteData?: boolean | undefined
}

/**
 * A browser's session during one request: a map of entries that are saved when the response begins, each for itself.
 *
 * Everything that changes it throws `ERR_SESSION_COMMITTED` once the response has begun, and `ERR_SESSION_ENDED` where the browser presented
 * a session that was replaced a moment ago. Values are whatever JSON carries, and `Date`, `Map`, `Set`, `bigint`, `Uint8Array`, `URL`; others are
 * `ERR_VALUE_UNSUPPORTED` at once. A value that is mutated in place (`session.get('cart').push(x)`) is found and saved.
 * What is assigned to the session itself (`session.cart = []`) is `ERR_OPTION_INVALID`.
 */
export interface WebSession<Entries extends object = Record<string, unknown>, User = unknown> {
  /** The public name, safe in logs; never the token. `undefined` while nothing is stored. */
  readonly id: SessionId | undefined
  /** Whether nothing was stored when the request came. */
  readonly isNew: boolean
  /** Whether there is something to save. */
  readonly isChanged: boolean
  /** The user who is logged in; `null` for a guest. */
  readonly userId: string | null
  /**
   * The factors that the user presented, such as `pwd`, `otp` (RFC 8176); empty for a guest, and where {@link login} was not told. Those of a login are
   * there when it is saved: until then they are nobody's, or the same user's earlier ones.
   */
  readonly methods: readonly string[]
  /**
   * When the user proved who they are, for what asks for a recent login; a reset does not make it later. Unit: epoch milliseconds. `undefined` for a
   * guest, and as with {@link methods} until a login is saved.
   *
   * @see OWASP Session Management Cheat Sheet, "Require Re-authentication for sensitive features"
   */
  readonly authenticatedAt: Millis | undefined
  /**
   * The user's record as it was when the request came; `undefined` for a guest, or where nobody keeps records. All requests of the user are given the
   * same one until it changes: that of Sojourn's own users is frozen, yours is what your `loadUser` answered.
   */
  readonly user: User | undefined
  /** Epoch milliseconds; `undefined` while nothing is stored. */
  readonly createdAt: Millis | undefined
  /** Epoch milliseconds; `undefined` while nothing is stored. */
  readonly expiresAt: Millis | undefined

  /**
   * Reads the session, where it was made with `lazy`; once. Everything else is `ERR_OPTION_INVALID` before that. Once the response has begun it can
   * still be read, but not changed.
   *
   * @throws {SojournError} `ERR_STORE_UNAVAILABLE`
   */
  load(): Promise<void>

  /** The value of an entry; `fallback` (default `undefined`) where there is none. */
  get<K extends EntryKey<Entries>>(key: K): Entries[K] | undefined
  get<K extends EntryKey<Entries>, F>(key: K, fallback: F): Entries[K] | F
  /**
   * The value of an entry that must be there.
   *
   * @throws {SojournError} `ERR_ATTRIBUTE_MISSING`
   */
  require<K extends EntryKey<Entries>>(key: K): Entries[K]
  /** Whether there is an entry of that name; one that has expired is not there. */
  has(key: EntryKey<Entries>): boolean
  /**
   * Sets an entry. Of two requests that set one entry the later commit wins.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID` (a name as attributes cannot have), `ERR_VALUE_UNSUPPORTED`, `ERR_VALUE_TOO_LARGE`
   */
  set<K extends EntryKey<Entries>>(key: K, value: Entries[K], options?: EntryOptions): void
  /** Removes an entry; answers whether it was there. */
  delete(key: EntryKey<Entries>): boolean
  /**
   * Removes an entry and answers its value; `fallback` where there is none.
   *
   * @throws {SojournError} `ERR_ATTRIBUTE_MISSING` without a fallback.
   */
  pop<K extends EntryKey<Entries>>(key: K): Entries[K]
  pop<K extends EntryKey<Entries>, F>(key: K, fallback: F): Entries[K] | F
  /** Removes the entry that {@link keys} names last and answers it; `undefined` where there is none. */
  popItem(): [EntryKey<Entries>, Entries[EntryKey<Entries>]] | undefined
  /** The value of an entry, which is set to `value` first where there is none. */
  setDefault<K extends EntryKey<Entries>>(key: K, value: Entries[K]): Entries[K]
  /** Sets several entries, or none where one of them is refused. */
  merge(entries: Partial<Entries>): void
  /**
   * Adds to a number when the session is saved, exactly, whoever else adds; an absent one counts as 0.
   *
   * @param by default 1.
   * @throws {SojournError} `ERR_VALUE_UNSUPPORTED` when the entry is no number, or the sum would pass the largest exact one.
   */
  increment(key: EntryKey<Entries>, by?: number): void
  /**
   * Replaces an entry by what a function makes of it, exactly: when another request was faster the function is called again with the newer
   * value. It must not have effects of its own. What `get` answers afterwards is not to be mutated.
   *
   * @throws {SojournError} `ERR_ATTRIBUTE_CONFLICT` from the commit, when others were faster again and again.
   */
  change<K extends EntryKey<Entries>>(key: K, fn: (old: Entries[K] | undefined) => Entries[K]): void
  /** The names, in no order that is promised. What goes during a walk is not visited any more, as in a `Map`; so with the three that follow. */
  keys(): IterableIterator<EntryKey<Entries>>
  values(): IterableIterator<Entries[EntryKey<Entries>]>
  entries(): IterableIterator<[EntryKey<Entries>, Entries[EntryKey<Entries>]]>
  [Symbol.iterator](): IterableIterator<[EntryKey<Entries>, Entries[EntryKey<Entries>]]>
  /** How many entries there are. */
  readonly size: number
  /**
   * Has one entry written, or without a key the session saved, whether or not anything changed. Where nothing did, the idle timeout begins anew, inside
   * {@link Policy.touchInterval} and in a passive request too. A session that has ended meanwhile is `ERR_SESSION_ENDED` from the commit.
   */
  markChanged(key?: EntryKey<Entries>): void

  /** Ends the session with its keys and removes the cookie. What is set afterwards begins a new one. */
  clear(): void
  /** Replaces the session by a new one of the same user, with a new token and new keys; only the entries in `keep` survive (default: none). */
  reset(options?: { readonly keep?: readonly EntryKey<Entries>[] | undefined }): void
  /**
   * Logs a user in, whose identity you have checked: the session is replaced by a new one, so that a token known before is worth nothing. Only
   * the entries in `persistentFieldsOnLogin` survive.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID` for what is no user id; from the commit `ERR_CREDENTIALS_INVALID` when `proof` or `expect` does not
   * hold any more.
   * @see OWASP Session Management Cheat Sheet, "Renew the Session ID After Any Privilege Level Change"
   */
  login(userId: string, options?: LoginOptions): void
  /** Logs the user out: the session is ended, and replaced where `persistentFieldsOnLogout` has something to keep. */
  logout(options?: LogoutOptions): void

  /**
   * A new one-time key for a form, saved with the session. Bound to the session unless `sessionBound: false`.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_VALUE_UNSUPPORTED`, `ERR_VALUE_TOO_LARGE`
   */
  securityKey(options?: SecurityKeyOptions): string
  /**
   * Takes a one-time key at once: of any number of concurrent uses one is answered.
   *
   * @param key untrusted input.
   * @returns its data; `undefined` for a key that is unknown, used, expired or another session's.
   * @throws {SojournError} `ERR_STORE_UNAVAILABLE`
   */
  validateSecurityKey(key: unknown): Promise<ValidatedKey | undefined>
  /** A key for clients that are no browsers, the same as long as the token; `undefined` while nothing is stored. */
  readonly staticSecurityKey: string | undefined
  /** Whether this is {@link staticSecurityKey}. */
  validateStaticSecurityKey(key: unknown): boolean
}
