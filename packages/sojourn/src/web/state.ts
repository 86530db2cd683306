// What does the web face remember of one session while its request runs?
import { encodeValue } from '../engine/codec/codec.ts'
import type { EngineCore, SessionHandle } from '../engine/core.ts'
import { SojournError } from '../engine/error.ts'
import type { People } from '../engine/people.ts'
import type { CookieRules } from './cookie-rules.ts'
import { type Entries, newEntries, storedEntries } from './entries.ts'
import type { RequestFacts } from './request.ts'
import { SecurityKeys } from './security-keys.ts'
import type { LoginOptions } from './session.ts'
import type { Transport } from './transport.ts'
import type { UserCache } from './users.ts'

/** What all requests of an application have in common. */
export interface WebContext {
  readonly core: EngineCore
  readonly people: People | undefined
  readonly users: UserCache
  readonly cookie: CookieRules
  readonly keepOnLogin: readonly string[]
  readonly keepOnLogout: readonly string[]
  /** In the place of what has not been read; nobody gets to see or change it. */
  readonly unread: Pick<SessionState, 'entries' | 'keys'>
}

/** One request. */
export interface WebRequest {
  readonly facts: RequestFacts
  readonly transport: Transport
  readonly passive: boolean
}

/** How the stored session is to be replaced when the request ends. */
export type Replacement =
  | { readonly kind: 'login'; readonly options: LoginOptions }
  | { readonly kind: 'reset' }
  | { readonly kind: 'logout'; readonly clearSiteData: boolean }
  | { readonly kind: 'clear' }

/** One session during one request. */
export interface SessionState {
  /** `missed`: the response began before anything was read. `ended`: the browser presented a session that was replaced a moment ago. */
  phase: 'unloaded' | 'missed' | 'open' | 'ended' | 'committed'
  /** The stored session, as the request found it or, after the commit, as it left it. */
  handle: SessionHandle | undefined
  isNew: boolean
  userId: string | null
  user: unknown
  entries: Entries
  keys: SecurityKeys
  replacement: Replacement | undefined
  /** Saved whether or not anything changed. */
  isForced: boolean
}

/** A session of which nothing has been read. */
export function unloadedState({ unread: { entries, keys } }: WebContext): SessionState {
  return {
    phase: 'unloaded',
    handle: undefined,
    isNew: true,
    userId: null,
    user: undefined,
    entries,
    keys,
    replacement: undefined,
    isForced: false,
  }
}

/** What a session without a stored one begins with. */
export function nothingStored({ core, people }: Pick<WebContext, 'core' | 'people'>): Pick<SessionState, 'entries' | 'keys'> {
  return { entries: newEntries(core), keys: new SecurityKeys(core, people, undefined) }
}

/** Fills a state with a stored session. */
export function adopt(state: SessionState, handle: SessionHandle, user: unknown, context: WebContext): void {
  state.handle = handle
  state.isNew = false
  state.userId = handle.header().principal
  state.user = user
  const openText = (key: string) => encodeValue(key, handle.attribute(key)?.value)
  state.entries = storedEntries(handle.attributes, openText, context.core)
  state.keys = new SecurityKeys(context.core, context.people, handle)
}

/**
 * Puts a new session in the place of the present one when the request ends; of the entries, those named survive. Where one is to be put there already
 * a reset only leaves entries out: it must not take a login's proof away.
 */
export function replace(
  state: SessionState,
  options: { readonly by: Replacement; readonly userId: string | null; readonly keep: readonly string[] },
): void {
  state.entries = state.entries.carry(options.keep)
  state.keys = state.keys.carry()
  if (options.by.kind !== 'reset' || state.replacement === undefined) state.replacement = options.by
  state.isForced = false
  state.user = options.userId === state.userId ? state.user : undefined
  state.userId = options.userId
  if (state.phase === 'ended') state.phase = 'open'
}

/** Whether nothing of a session has been read yet. */
export function isUnread({ phase }: SessionState): boolean {
  return phase === 'unloaded' || phase === 'missed'
}

/** Whether there is something to save. */
export function isChanged(state: SessionState): boolean {
  return state.isForced || state.replacement !== undefined || state.entries.isChanged() || state.keys.isChanged()
}

/** Refuses to use a session that has not been read. */
export function requireLoaded(state: SessionState): void {
  if (!isUnread(state)) return
  throw new SojournError('ERR_OPTION_INVALID', 'The session has not been read yet.', {
    fix: 'Call `await session.load()` first, or leave `lazy` out.',
  })
}

/** Refuses to change a session that cannot be saved any more. */
export function requireOpen(state: SessionState): void {
  requireLoaded(state)
  if (state.phase === 'committed') {
    throw new SojournError('ERR_SESSION_COMMITTED', 'The response has begun: the session cannot be changed any more.')
  }
  if (state.phase === 'ended') throw endedMeanwhile()
}

export function endedMeanwhile(): SojournError {
  return new SojournError('ERR_SESSION_ENDED', 'The session of this request has ended: nothing can be saved in it.', {
    fix: 'Repeat the request; the browser has another session by now.',
  })
}
