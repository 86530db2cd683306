// What may the SSO face and the web face do with the engine that its public names do not offer?
import type { Attribute, Attributes, AttributeVerb } from './attributes/attributes.ts'
import type { AttributeHome } from './attributes/home.ts'
import type { AttributeSchema } from './attributes/schema.ts'
import type { Deadline } from './deadline.ts'
import type { EndReason, Events } from './events.ts'
import type { Policy } from './policy.ts'
import type {
  AttributeChange,
  AttributeLimits,
  Counters,
  Interaction,
  Outcome,
  Principal,
  SessionDetails,
  SessionHeader,
  SessionId,
  SessionStore,
  StoredAttribute,
  Want,
} from './store.ts'
import type { Clock, Millis, Seconds } from './time.ts'

/** One change of one attribute, in values. Names are taken as they are: reserved ones, beginning with `$`, are allowed. */
export type Edit =
  | {
      readonly kind: 'put'
      readonly name: string
      readonly value: unknown
      readonly when: 'absent' | 'present' | 'always'
      /** Omitted: what is there. */
      readonly encrypt?: boolean | undefined
      /** Omitted: what is there. */
      readonly expiresAt?: Millis | null | undefined
      /** With `always`, and `expiresAt` omitted: the expiry of one that is not there any more. Omitted: none. */
      readonly expiresAtIfGone?: Millis | null | undefined
    }
  /** Compare-and-set by a function of the value there is, called again when somebody was faster. */
  | {
      readonly kind: 'change'
      readonly name: string
      readonly change: (old: unknown) => unknown
      readonly when: 'present' | 'always'
      readonly encrypt?: boolean | undefined
      readonly expiresAt?: Millis | null | undefined
      readonly expiresAtIfGone?: Millis | null | undefined
    }
  /** Adds to a number; absent counts as 0. `encrypt` and `expiresAt` are for one that is new. */
  | {
      readonly kind: 'add'
      readonly name: string
      readonly by: number
      /** What is stored of a sum, or an error that refuses it. Makes the addition a compare-and-set: a store cannot ask. */
      readonly checked?: ((sum: number) => unknown) | undefined
      readonly encrypt?: boolean | undefined
      readonly expiresAt?: Millis | null | undefined
      readonly expiresAtIfGone?: Millis | null | undefined
    }
  /** `present` is a take: of any number at once, one succeeds and the others are `ERR_ATTRIBUTE_MISSING`. */
  | { readonly kind: 'drop'; readonly name: string; readonly when: 'present' | 'always' }
  | { readonly kind: 'expire'; readonly name: string; readonly expiresAt: Millis | null }

/** What `edit` arrived at: the numbers of `add`, the values of `change`. */
export type EditResult = ReadonlyMap<string, unknown>

/** Says for which values verbs are wanted, and what happens around each use of one. */
export interface AttributeScope<S extends AttributeSchema> {
  readonly schema: S | undefined
  /**
   * Runs one use of a verb: the place to authorise it, to choose the home, and to record the outcome. Called before the arguments are
   * checked; `names` are those of the arguments that are strings, `options` are the call's own.
   */
  run<T>(verb: AttributeVerb, names: readonly string[], work: (home: AttributeHome) => Promise<T>, options?: unknown): Promise<T>
}

/** Seals by the server key ring, without a session: user attributes, and other text of the directory. */
export interface RingVault {
  /** @throws {SojournError} `ERR_KEY_MISSING` */
  seal(place: string, name: string, text: string): Uint8Array
  /** @throws {SojournError} `ERR_KEY_MISSING` (no key of that id), `ERR_STORE_CORRUPT` (does not open here). */
  open(place: string, name: string, sealed: Uint8Array): string
  /** Sealed anew under the newest key; `undefined` when it is already. */
  reseal(place: string, name: string, sealed: Uint8Array): Uint8Array | undefined
}

/** How a home of ring-sealed values reads and writes. */
export interface RingHomeOptions {
  readonly userId: string
  /** `undefined`: there is no such user. */
  read(want: 'all' | readonly string[], now: Millis): Promise<ReadonlyMap<string, StoredAttribute> | undefined>
  write(changes: readonly AttributeChange[], limits: AttributeLimits, now: Millis): Promise<Outcome>
}

/**
 * A session in the hands of a face, and the home of its attributes. What is due (a touch, a rotation, the start of a grace, a new wrap of the
 * data key) goes with the first write, or alone by `settle`. Reads come from {@link attributes} until the first write, where these hold all
 * that is asked for.
 */
export interface SessionHandle extends AttributeHome {
  readonly id: SessionId
  /** As last read or written. */
  header(): SessionHeader
  /** The principal's version when it was read; `undefined` for one started here without `expect`. */
  readonly version: number | undefined
  /** The attributes asked for when it was opened, reserved ones included; what is written later does not show. */
  readonly attributes: ReadonlyMap<string, StoredAttribute>
  /** One of {@link attributes}, opened and decoded. */
  attribute(name: string): Attribute | undefined
  /** A token that the client must get instead of the one presented; `null` when it keeps that. Final after `settle` or a write. */
  token(): string | null
  /** Whether something is due: whether `settle` could write. */
  isDue(): boolean
  /** Applies what is due. Answers `false` when the session has ended meanwhile; other failures are the event `session.touch-failed`. */
  settle(): Promise<boolean>
  /**
   * The same for who has opened it a while ago and hands the new token out now. Where there was one before, and nothing is due, one more read (as current
   * as a cache, where the store has one) tells whether the session is still alive. `false` also where that cannot be asked, an event
   * `session.touch-failed`: until the grace is over the client's token still works.
   */
  confirm(): Promise<boolean>
  /** Lets it live its full time from now. Throws `ERR_SESSION_ENDED`. */
  renew(options?: RenewOptions): Promise<void>
  /** A new secret at once; the old one is worth nothing from here on. Answers the new token. Throws `ERR_SESSION_ENDED`. */
  reissue(): Promise<string>
  /**
   * A key derived from the token's secret for one purpose: 43 characters of base64url. `shown`: from that of the token presented, also where the client
   * gets another. Throws `ERR_ATTRIBUTE_SEALED` without the token.
   */
  derive(purpose: string, shown?: boolean): string
}

/** A session that has just been started. */
export interface StartedSession {
  readonly handle: SessionHandle
  /** What the client gets. */
  readonly token: string
}

/** What goes with a renewal. */
export interface RenewOptions {
  /** How long from now instead of the policy's. */
  readonly expiry?: Seconds | undefined
  readonly interaction?: Interaction | undefined
  readonly details?: SessionDetails | undefined
}

/** What a token led to. Who gets anything but `live` is told nothing of the difference. */
export type Opened =
  | { readonly state: 'live'; readonly handle: SessionHandle }
  /** `ended`: a tombstone of it is kept. `secret`: the session is alive, the secret is not its own. */
  | { readonly state: 'malformed' | 'missing' | 'ended' | 'secret' | 'theft' }

/** How a session is opened. */
export interface OpenOptions {
  readonly want?: Want | undefined
  readonly passive?: boolean | undefined
  /** `false` where the client could not be given a new token: its secret is never replaced then. Default: `true`. */
  readonly rotates?: boolean | undefined
}

/** A value a new session begins with. */
export interface FirstAttribute {
  readonly name: string
  readonly value: unknown
  readonly encrypt?: boolean | undefined
  readonly expiresAt?: Millis | null | undefined
}

/** How a face starts a session. */
export interface CoreStartOptions {
  readonly principal: string | null
  readonly details?: { readonly [Field in keyof SessionDetails]?: SessionDetails[Field] | undefined } | undefined
  /** Names are taken as they are; no schema is applied. */
  readonly attributes?: readonly FirstAttribute[] | undefined
  readonly sliding?: boolean | undefined
  readonly expect?: Counters | undefined
  readonly interaction?: Interaction | undefined
  /** How long from now instead of the policy's. */
  readonly expiry?: Seconds | undefined
  /** When it ends whatever happens, where it goes on for another session. Default: the policy's absolute timeout from now. */
  readonly absoluteAt?: Millis | undefined
  /** Sessions of the same user that end as soon as this one is there: they do not count against `policy.sessionsPerUser`. */
  readonly replaces?: readonly (SessionId | undefined)[] | undefined
}

/** The engine's inner operations. Internal: reached by {@link coreOf}, never exported from an entry. */
export interface EngineCore {
  /** The session store behind its deadline. */
  readonly store: SessionStore
  /** The same deadline for other stores' calls. */
  readonly deadline: Deadline
  readonly clock: Clock
  /** The instant so many seconds from now, as stores keep instants. */
  readonly after: (duration: Seconds) => Millis
  readonly policy: Policy
  readonly events: Events
  readonly ring: RingVault
  readonly limits: AttributeLimits
  /** The declared session attributes. */
  readonly schema: AttributeSchema | undefined
  /** A user id as stores see it. */
  principal(userId: string): Principal
  /** Starts a session. */
  start(options: CoreStartOptions): Promise<StartedSession>
  /** Reads a token in one round trip. Theft ends the session here. */
  open(token: string, options?: OpenOptions): Promise<Opened>
  /** Reads a session without its token: sealed values stay closed unless `sealing: 'server'`. Nothing is ever due. */
  openById(id: SessionId, options?: Pick<OpenOptions, 'want'>): Promise<SessionHandle | undefined>
  /** Ends a session and tells it. A tombstone keeps its id taken until then. */
  end(
    id: SessionId,
    options: { readonly reason: EndReason; readonly principal?: string | null; readonly tombstoneUntil?: Millis },
  ): Promise<boolean>
  /** Applies edits in one write, all or nothing. */
  edit(home: AttributeHome, edits: readonly Edit[], options?: { readonly limits?: AttributeLimits }): Promise<EditResult>
  /** The verbs on the values of a scope. */
  attributes<S extends AttributeSchema>(scope: AttributeScope<S>): Attributes<S>
  /** A home of values sealed by the key ring. */
  ringHome(options: RingHomeOptions): AttributeHome
}

const cores = new WeakMap<object, EngineCore>()

/** Makes an object one whose core {@link coreOf} finds. */
export function registerCore(face: object, core: EngineCore): void {
  cores.set(face, core)
}

/** The core behind a `sso` object; `undefined` for anything else. */
export function coreOf(face: object): EngineCore | undefined {
  return cores.get(face)
}
