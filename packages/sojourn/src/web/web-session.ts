// How does a session in a handler's hands act on the state of its request?
import { requireList } from '../engine/attributes/names.ts'
import { refuseUnknown, requireBoolean, requireUserId } from '../engine/check.ts'
import { invalidOption, SojournError } from '../engine/error.ts'
import { sameSecret } from '../engine/token.ts'
import { STATIC_KEY_PURPOSE } from './commit.ts'
import { loadState } from './load.ts'
import { requireLoginOptions } from './options.ts'
import type { EntryOptions, Step } from './pending.ts'
import type { SecurityKeyOptions, ValidatedKey } from './security-keys.ts'
import type { LoginOptions, LogoutOptions, WebSession } from './session.ts'
import {
  isChanged,
  isUnread,
  nothingStored,
  replace,
  requireLoaded,
  requireOpen,
  type SessionState,
  type WebContext,
  type WebRequest,
} from './state.ts'

/** A session whose entries have not been given their types. */
export type UntypedSession = WebSession<Record<string, unknown>>

/** What leads from a session to its request. */
export const REQUEST = Symbol('sojourn.request')

const NO_METHODS: readonly string[] = []

/** Makes the session of a request. */
export function createWebSession(state: SessionState, context: WebContext, request: WebRequest): UntypedSession {
  return new RequestSession(state, context, request)
}

/**
 * A class, unlike elsewhere: there is one of these for each request, and accessors that are written into an object literal give every object a
 * hidden class of its own, which the garbage collector then keeps for long and the compiler cannot learn. Accessors of a prototype are made
 * once. What it works on is private, so that nothing that prints a session prints its token.
 */
class RequestSession implements UntypedSession {
  readonly #state: SessionState
  readonly #context: WebContext
  readonly #request: WebRequest
  #loading: Promise<void> | undefined

  constructor(state: SessionState, context: WebContext, request: WebRequest) {
    this.#state = state
    this.#context = context
    this.#request = request
  }

  get [REQUEST]() {
    return this.#request
  }

  /** The state, once it has been read. */
  #read(): SessionState {
    requireLoaded(this.#state)
    return this.#state
  }
  /** The state, as long as it can be changed. */
  #open(): SessionState {
    requireOpen(this.#state)
    return this.#state
  }
  /** How the user logged in. A session that is about to be replaced by another user's has nothing to say about that one. */
  #details() {
    const { handle, userId } = this.#read()
    const header = handle?.header()
    return header?.principal === userId ? header.details : undefined
  }
  #take(key: string): unknown {
    const { entries } = this.#open()
    const value = entries.get(key)
    entries.delete(key)
    return value
  }

  get id() {
    return this.#read().handle?.id
  }
  get isNew() {
    return this.#read().isNew
  }
  get isChanged() {
    const state = this.#read()
    return state.phase !== 'committed' && isChanged(state)
  }
  get userId() {
    return this.#read().userId
  }
  get methods() {
    return this.#details()?.methods ?? NO_METHODS
  }
  get authenticatedAt() {
    return this.#details()?.authenticatedAt ?? undefined
  }
  get user() {
    return this.#read().user
  }
  get createdAt() {
    return this.#read().handle?.header().createdAt
  }
  get expiresAt() {
    return this.#read().handle?.header().expiresAt
  }
  get size() {
    return this.#read().entries.keys().length
  }
  get staticSecurityKey() {
    return this.#read().handle?.derive(STATIC_KEY_PURPOSE)
  }

  async load(): Promise<void> {
    if (!isUnread(this.#state)) return
    this.#loading ??= loadState(this.#state, this.#context, this.#request).finally(() => {
      this.#loading = undefined
    })
    await this.#loading
  }

  get(key: string, fallback?: unknown): unknown {
    const { entries } = this.#read()
    return entries.has(key) ? entries.get(key) : fallback
  }
  require(key: string): unknown {
    const { entries } = this.#read()
    if (!entries.has(key)) throw missing(key)
    return entries.get(key)
  }
  has(key: string): boolean {
    return this.#read().entries.has(key)
  }
  set(key: string, value: unknown, options?: EntryOptions): void {
    if (options !== undefined) refuseUnknown('set', options, ['expiration', 'encrypt'])
    this.#open().entries.set(key, value, options)
  }
  delete(key: string): boolean {
    return this.#open().entries.delete(key)
  }
  pop(key: string, ...fallback: unknown[]): unknown {
    if (this.#open().entries.has(key)) return this.#take(key)
    if (fallback.length === 0) throw missing(key)
    return fallback[0]
  }
  popItem(): [string, unknown] | undefined {
    const key = this.#open().entries.keys().at(-1)
    return key === undefined ? undefined : [key, this.#take(key)]
  }
  setDefault(key: string, value: unknown): unknown {
    const { entries } = this.#open()
    if (!entries.has(key)) entries.set(key, value)
    return entries.get(key)
  }
  merge(entries: object): void {
    const { entries: own } = this.#open()
    refuseUnknown('merge', entries, Object.keys(Object(entries))) // the entries of a Map would be lost
    const pairs = Object.entries(entries)
    // All or nothing: what cannot be set is refused by entries that nobody keeps first.
    for (const each of [nothingStored(this.#context).entries, own]) for (const [key, value] of pairs) each.set(key, value)
  }
  increment(key: string, by = 1): void {
    this.#open().entries.increment(key, by)
  }
  change(key: string, fn: Step): void {
    this.#open().entries.change(key, fn)
  }
  *keys(): IterableIterator<string> {
    for (const key of this.#read().entries.keys()) if (this.#state.entries.has(key)) yield key
  }
  *values(): IterableIterator<unknown> {
    for (const [, value] of this.entries()) yield value
  }
  *entries(): IterableIterator<[string, unknown]> {
    for (const key of this.keys()) yield [key, this.#state.entries.get(key)]
  }
  [Symbol.iterator](): IterableIterator<[string, unknown]> {
    return this.entries()
  }
  markChanged(key?: string): void {
    const state = this.#open()
    if (key === undefined) state.isForced = true
    else state.entries.mark(key)
  }

  clear(): void {
    replace(this.#open(), { by: { kind: 'clear' }, userId: null, keep: [] })
  }
  reset(options: { readonly keep?: readonly string[] | undefined } = {}): void {
    const state = this.#open()
    refuseUnknown('reset', options, ['keep'])
    const { keep = [] } = options
    requireList('keep', keep) // of a text the letters would be kept
    replace(state, { by: { kind: 'reset' }, userId: state.userId, keep })
  }
  login(userId: string, options: LoginOptions = {}): void {
    if (this.#state.phase !== 'ended') requireOpen(this.#state)
    requireLoginOptions(options)
    replace(this.#state, {
      by: { kind: 'login', options },
      userId: requireUserId('userId', userId),
      keep: this.#context.keepOnLogin,
    })
  }
  logout(options: LogoutOptions = {}): void {
    const state = this.#open()
    refuseUnknown('logout', options, ['clearSiteData'])
    const { clearSiteData = false } = options
    requireBoolean('clearSiteData', clearSiteData)
    replace(state, { by: { kind: 'logout', clearSiteData }, userId: null, keep: this.#context.keepOnLogout })
  }

  securityKey(options?: SecurityKeyOptions): string {
    return this.#open().keys.issue(options)
  }
  async validateSecurityKey(key: unknown): Promise<ValidatedKey | undefined> {
    const state = this.#read()
    // The request has to be repeated, and would find a key that is not bound used.
    return state.phase === 'ended' ? undefined : state.keys.take(key)
  }
  validateStaticSecurityKey(key: unknown): boolean {
    const { handle } = this.#read()
    if (handle === undefined || typeof key !== 'string') return false
    // Who presents a token that was replaced a moment ago has no other key yet.
    return [false, true].some((shown) => sameSecret(handle.derive(STATIC_KEY_PURPOSE, shown), key))
  }
}

/** `session.cart = []`, as in other packages, would be lost without a word. */
function refuseAssigned(name: string | symbol): never {
  throw invalidOption(String(name), 'must be set by `session.set`')
}

// What sessions have themselves, such as `user`, would be hidden, or stay what it is.
const { prototype } = RequestSession
const { constructor: _, ...own } = Object.getOwnPropertyDescriptors(prototype)
for (const [name, { value, get = () => value }] of Object.entries<PropertyDescriptor>(own))
  Object.defineProperty(prototype, name, { get, set: () => refuseAssigned(name) })

// Behind all of that rather than around each session, as who finds what a session has never comes by.
Object.setPrototypeOf(prototype, new Proxy({}, { set: (_, name) => refuseAssigned(name) }))

function missing(key: string): SojournError {
  return new SojournError('ERR_ATTRIBUTE_MISSING', 'The session has no entry of that name.', {
    fix: 'Use `get` with a fallback, or `set` the entry first.',
    names: [key],
  })
}
