// What is promised of sessions: start, resume, list, end, renew, revoke, refresh, sweep?

import type { AttributeHome } from './attributes/home.ts'
import { requireNames } from './attributes/names.ts'
import type { AttributeSchema } from './attributes/schema.ts'
import { readFirst } from './attributes/verb-input.ts'
import { refuseUnknown, requireCounters, requireLimit, requireUserId } from './check.ts'
import type { EngineCore, OpenOptions, SessionHandle } from './core.ts'
import { invalidOption, isSojournError } from './error.ts'
import { isSessionId } from './id.ts'
import type { RevokeScope, Session, SessionInfo, Sessions, StartOptions } from './session/session.ts'
import type { ListedSession, RevocationScope } from './store.ts'

const RESUME_OPTIONS = ['passive', 'preload']
const DETAILS = ['remoteAddr', 'userAgent', 'app', 'authType', 'methods', 'authenticatedAt']

export function createSessions<S extends AttributeSchema>(core: EngineCore, schema: S | undefined): Sessions<S> {
  const { store, clock, events } = core

  const sessionOf = (handle: Pick<SessionHandle, 'header' | keyof AttributeHome>): Session<S> => {
    const { id, principal, createdAt, expiresAt, details } = handle.header()
    return {
      id,
      principal,
      createdAt,
      expiresAt,
      details: { ...details }, // some stores hand out what they keep
      attr: core.attributes({ schema, run: (_verb, _names, work) => work(handle) }),
    }
  }

  /** The handle that a token opens, once `use` has found it alive. */
  const used = async (token: string, options: OpenOptions, use: (handle: SessionHandle) => boolean | Promise<boolean>) => {
    const opened = await core.open(token, options)
    if (opened.state !== 'live') return undefined
    const { handle } = opened
    if (await use(handle)) return { session: sessionOf(handle), token: handle.token() }
    events.emit({ type: 'session.refused', at: clock(), id: handle.id, reason: 'missing' })
    return undefined
  }

  return {
    async start(options) {
      const { principal, details, sliding, expect } = checkedStart(options)
      const attributes = await readFirst(options.attributes ?? {}, schema, clock())
      const { handle, token } = await core.start({ principal, details, sliding, expect, attributes })
      return { session: sessionOf(handle), token }
    },

    async resume(token, options = {}) {
      refuseUnknown('options', options, RESUME_OPTIONS)
      const { passive, preload } = options
      if (passive !== undefined && typeof passive !== 'boolean') throw invalidOption('passive', 'must be true or false')
      if (preload !== undefined && preload !== 'all') requireNames(preload, 'preload')
      return used(token, { want: preload, passive }, settle)
    },

    renew: (token) => used(token, {}, renewed),

    async list(query = {}) {
      refuseUnknown('query', query, ['principal', 'after', 'limit'])
      const { principal, after } = query
      const limit = requireLimit(query.limit)
      if (after !== undefined && typeof after !== 'string') throw invalidOption('after', 'must be the `next` of a page')
      const whose =
        principal === undefined || principal === null ? principal : core.principal(requireUserId('principal', principal))
      const page = await store.list(
        { limit, ...(whose !== undefined && { principal: whose }), ...(after !== undefined && { after }) },
        clock(),
      )
      return { items: page.items.map(infoOf), ...(page.next !== undefined && { next: page.next }) }
    },

    async end(id) {
      return isSessionId(id) ? core.end(id, { reason: 'deleted' }) : false
    },

    async revoke(scope) {
      const { stored, told } = scopeOf(scope, core)
      const at = clock()
      await store.revoke(stored, at)
      events.emit({ type: 'sessions.revoked', at, ...told })
    },

    async refresh(userId) {
      const principal = core.principal(requireUserId('userId', userId))
      await store.bump(principal)
      events.emit({ type: 'user.refreshed', at: clock(), principal: userId })
    },

    async sweep(options = {}) {
      refuseUnknown('options', options, ['limit'])
      const limit = requireLimit(options.limit)
      const at = clock()
      const { removed, ended, more } = await store.sweep(at, limit)
      for (const { id, principal, reason } of ended) events.emit({ type: 'session.ended', at, id, principal, reason })
      return { removed, more }
    },
  }
}

const settle = (handle: SessionHandle) => !handle.isDue() || handle.settle()

async function renewed(handle: SessionHandle): Promise<boolean> {
  try {
    await handle.renew()
    return true
  } catch (error) {
    if (isSojournError(error, 'ERR_SESSION_ENDED')) return false
    throw error
  }
}

function checkedStart(options: StartOptions): StartOptions {
  refuseUnknown('options', options, ['principal', 'details', 'attributes', 'sliding', 'expect'])
  const { principal, details, sliding, expect } = options
  if (principal !== null) requireUserId('principal', principal)
  if (details !== undefined) requireDetails(details)
  if (expect !== undefined) requireCounters(expect)
  if (sliding !== undefined && typeof sliding !== 'boolean') throw invalidOption('sliding', 'must be true or false')
  return options
}

function requireDetails(details: unknown): void {
  refuseUnknown('details', details, DETAILS)
  const { methods = [], authenticatedAt = null, ...texts }: Record<string, unknown> = { ...Object(details) }
  for (const [name, text] of Object.entries(texts)) {
    if (text !== undefined && typeof text !== 'string') throw invalidOption(`details.${name}`, 'must be text')
  }
  if (!Array.isArray(methods) || !methods.every((method) => typeof method === 'string'))
    throw invalidOption('details.methods', 'must be a list of texts')
  if (authenticatedAt !== null && !Number.isSafeInteger(authenticatedAt))
    throw invalidOption('details.authenticatedAt', 'must be an instant in milliseconds, or null')
}

function infoOf({ id, principal, createdAt, expiresAt, sliding, details, history }: ListedSession): SessionInfo {
  return { id, principal, createdAt, expiresAt, sliding, details: { ...details }, history }
}

/** Anything but exactly one of the three forms is refused: a mistake must not end the wrong sessions. */
function scopeOf(scope: RevokeScope, core: EngineCore) {
  if (scope === 'guests' || scope === 'all') return { stored: scope, told: { scope } } as const
  refuseUnknown('scope', scope, ['principal', 'except'])
  const principal = requireUserId('scope.principal', scope.principal)
  const { except } = scope
  if (except !== undefined && !isSessionId(except)) throw invalidOption('scope.except', 'must be a session id')
  const kept = except === undefined ? {} : { except }
  const stored: RevocationScope = { principal: core.principal(principal), ...kept }
  return { stored, told: { scope: 'principal', principal, ...kept } } as const
}
