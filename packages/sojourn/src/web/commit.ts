// How does what a request did to its session become stored, and what is the browser told?
import type { CoreStartOptions, Edit, SessionHandle } from '../engine/core.ts'
import { SojournError } from '../engine/error.ts'
import type { EndReason } from '../engine/events.ts'
import { cookieLine } from './cookie.ts'
import type { CookieForm } from './cookie-rules.ts'
import { rethrow } from './failure.ts'
import { proofOf } from './login-proof.ts'
import { endedMeanwhile, isChanged, type Replacement, type SessionState, type WebContext, type WebRequest } from './state.ts'

/** A field of the response's header. Those that are `added` stand beside others of their name. */
export interface Field {
  readonly name: string
  readonly value: string
  readonly added: boolean
}

/** The field that reveals {@link WebSession.staticSecurityKey}, and in which a client presents it. Scripts in a page cannot set it. */
export const STATIC_KEY_FIELD = 'sec-sojourn-static-key'

/** What {@link SessionHandle.derive} makes the static key for. */
export const STATIC_KEY_PURPOSE = 'static-security-key'

const NO_FIELDS: readonly never[] = []
const MOST_AGENT_CHARACTERS = 512
const ENDINGS: Record<Replacement['kind'], EndReason> = { login: 'reset', reset: 'reset', logout: 'logout', clear: 'deleted' }

/** What the response must say: nothing, at once, where there was nothing to save. */
export type Saved = readonly never[] | Promise<readonly Field[]>

/**
 * Saves what changed and answers what the response must say. One store call or none; two where the session is replaced. The proof of a login costs
 * more, a key that is not bound one of the directory, a request that came with a token replaced a moment ago a read, and an entry with an expiry that
 * another request deleted meanwhile a second write.
 *
 * The promise is rejected with a {@link SojournError}: `ERR_SESSION_ENDED`, `ERR_CREDENTIALS_INVALID`, `ERR_TRANSPORT_INSECURE`,
 * `ERR_VALUE_TOO_LARGE`, `ERR_ATTRIBUTE_CONFLICT`, `ERR_STORE_UNAVAILABLE`.
 */
export function commitState(state: SessionState, context: WebContext, request: WebRequest): Saved {
  if (state.phase === 'unloaded') state.phase = 'missed'
  if (state.phase === 'missed' || state.phase === 'committed') return NO_FIELDS
  if (!isUntouched(state)) return save(state, context, request)
  state.phase = 'committed'
  return NO_FIELDS
}

/** Whether there is nothing to save and nothing to tell. */
function isUntouched(state: SessionState): boolean {
  const { handle } = state
  if (handle !== undefined && (handle.isDue() || handle.token() !== null)) return false
  try {
    return !isChanged(state)
  } catch {
    // A value that was made one that cannot be kept: saving it says so.
    return false
  }
}

async function save(state: SessionState, context: WebContext, request: WebRequest): Promise<readonly Field[]> {
  try {
    return await startSaving(state, context, request)
  } catch (error) {
    rethrow(context.core, 'commit', error)
  }
}

/** Not asynchronous itself: such a function makes room for all that it may ever hold, and most requests need little of it. */
function startSaving(state: SessionState, context: WebContext, request: WebRequest): Saved {
  const { phase, handle, replacement, keys } = state
  const edits = handle === undefined || replacement !== undefined ? [] : [...state.entries.edits(), ...keys.edits()]
  state.phase = 'committed'
  if (phase === 'ended') return NO_FIELDS
  const go = (): Saved => {
    if (replacement !== undefined) return replaceSession(state, replacement, context, request)
    const told = (saved: SessionHandle) => {
      state.handle = saved
      return issue(saved, context, request)
    }
    if (handle !== undefined)
      return saveSession(state, handle, edits, context).then((saved) => (saved === false ? NO_FIELDS : told(handle)))
    return isChanged(state) ? startSession(state, {}, context, request).then(told) : NO_FIELDS
  }
  return keys.keepUnbound()?.then(go) ?? go()
}

/** Answers `false` when the browser may be told nothing: the session has ended meanwhile, or nobody knows. */
function saveSession(
  { keys, isForced }: SessionState,
  handle: SessionHandle,
  edits: readonly Edit[],
  { core }: WebContext,
): Promise<unknown> {
  if (edits.length === 0) {
    if (!isForced) return handle.confirm()
    if (handle.header().sliding) return handle.renew()
  }
  const attributes = core.limits.attributes + keys.reserved()
  return core.edit(handle, edits, { limits: { ...core.limits, attributes } })
}

/** What a session takes over from another, or from how its user logged in. */
type TakenOver = Pick<CoreStartOptions, 'details' | 'absoluteAt' | 'expect' | 'replaces'>

/** Begins the session that the state describes; `more` is what it takes over from another. */
async function startSession(
  state: SessionState,
  more: TakenOver,
  { core }: WebContext,
  { facts, transport }: WebRequest,
): Promise<SessionHandle> {
  if (transport.cookie === 'none') throw insecure()
  const userAgent = (facts.header('user-agent') ?? '').slice(0, MOST_AGENT_CHARACTERS).toWellFormed()
  const { handle } = await core.start({
    ...more,
    principal: state.userId,
    details: { ...more.details, remoteAddr: transport.remoteAddr(), userAgent },
    attributes: [...state.entries.all(), ...state.keys.all()],
    sliding: true,
  })
  return handle
}

/** Begins the new session first and ends the old one then, so that whatever fails leaves the browser with one that works. */
async function replaceSession(
  state: SessionState,
  by: Replacement,
  context: WebContext,
  request: WebRequest,
): Promise<readonly Field[]> {
  const old = state.handle
  state.handle = undefined
  const isWanted = by.kind === 'login' || (by.kind === 'reset' && old !== undefined) || state.isForced
  const isNeeded = isWanted || state.entries.all().length > 0 || state.keys.all().length > 0
  const proof = by.kind === 'login' ? await proofOf(state.userId, by.options, context) : undefined
  const more = { ...(proof ?? takenOver(by, old)), replaces: [old?.id, proof?.id] }
  const fresh = isNeeded ? await startSession(state, more, context, request) : undefined
  if (old !== undefined && !(await endOld(old, fresh, by, context)) && by.kind !== 'login') {
    // Somebody else ended it: nothing of it may live on, and the browser may have another cookie already.
    if (fresh !== undefined) await context.core.end(fresh.id, { reason: 'deleted', principal: state.userId })
    if (by.kind === 'logout' || fresh === undefined) return NO_FIELDS
    throw endedMeanwhile()
  }
  state.handle = fresh
  await proof?.spend()
  return [...(fresh === undefined ? forget(context, request, old) : issue(fresh, context, request)), ...farewell(by, fresh)]
}

async function endOld(
  old: SessionHandle,
  fresh: SessionHandle | undefined,
  by: Replacement,
  { core }: WebContext,
): Promise<boolean> {
  const { principal } = old.header()
  const tombstoneUntil = core.after(core.policy.renewalGrace)
  try {
    return await core.end(old.id, { reason: ENDINGS[by.kind], principal, tombstoneUntil })
  } catch (error) {
    // Nobody has the new token yet; if this fails too, the new session ends by itself, unused.
    if (fresh !== undefined)
      await core.end(fresh.id, { reason: 'deleted', principal: fresh.header().principal }).catch(() => false)
    throw error
  }
}

/** A reset goes on with how its user proved who they are, and with the absolute deadline. */
function takenOver(by: Replacement, old: SessionHandle | undefined): TakenOver {
  if (by.kind !== 'reset' || old === undefined) return {}
  const { details, absoluteAt } = old.header()
  return { details, absoluteAt }
}

/** Tells the browser its token, where that is new. */
function issue(handle: SessionHandle, { core, cookie }: WebContext, { transport }: WebRequest): readonly Field[] {
  const token = handle.token()
  if (token === null) return NO_FIELDS
  if (transport.cookie === 'none') throw insecure()
  const { principal, absoluteAt } = handle.header()
  const maxAge = cookie.sessionCookie ? undefined : Math.max(1, Math.ceil((absoluteAt - core.clock()) / 1000))
  const fields = cookieFields(cookie[transport.cookie], token, maxAge)
  if (principal !== null) fields.push({ name: STATIC_KEY_FIELD, value: handle.derive(STATIC_KEY_PURPOSE), added: false })
  return fields
}

/** Takes the cookie of a session that is no more. */
function forget({ cookie }: WebContext, { transport }: WebRequest, old: SessionHandle | undefined): readonly Field[] {
  if (old === undefined || transport.cookie === 'none') return NO_FIELDS
  return cookieFields(cookie[transport.cookie], '', 0)
}

/** No cache may keep an answer that has somebody's cookie. */
function cookieFields({ name, attributes }: CookieForm, token: string, maxAge: number | undefined): Field[] {
  return [
    { name: 'set-cookie', value: cookieLine(name, token, attributes(maxAge)), added: true },
    { name: 'cache-control', value: 'no-store', added: false },
  ]
}

/** Cookies are left where the answer brings one: a browser that clears them drops that one with the others. */
function farewell(by: Replacement, fresh: SessionHandle | undefined): readonly Field[] {
  if (by.kind !== 'logout' || !by.clearSiteData) return NO_FIELDS
  const value = `"cache", ${fresh === undefined ? '"cookies", ' : ''}"storage"`
  return [{ name: 'clear-site-data', value, added: false }]
}

function insecure(): SojournError {
  return new SojournError('ERR_TRANSPORT_INSECURE', 'The session needs a cookie, which plain HTTP would show to all.')
}
