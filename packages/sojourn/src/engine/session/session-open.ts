// Which session does a token open, and what happens when it is not one to open any?
import type { Opened, OpenOptions, SessionHandle } from '../core.ts'
import type { RefusalReason } from '../events.ts'
import type { SessionHeader, SessionId, StoredSession } from '../store.ts'
import type { Millis } from '../time.ts'
import { formatToken, parseToken, type Token } from '../token.ts'
import { judge } from './credential.ts'
import type { HandleServices } from './handle-start.ts'
import { createHandle } from './session-handle.ts'

/** Opens sessions. */
export interface SessionOpener {
  open(token: string, options?: OpenOptions): Promise<Opened>
  openById(id: SessionId, options?: Pick<OpenOptions, 'want'>): Promise<SessionHandle | undefined>
}

export function createOpener(services: HandleServices): SessionOpener {
  const { store, clock, events } = services

  const refused = (at: Millis, reason: RefusalReason, id?: SessionId): Opened => {
    events.emit({ type: 'session.refused', at, reason, ...(id !== undefined && { id }) })
    return { state: reason }
  }

  /** Somebody has a copy of a token: nobody can tell who is the owner, so the session ends for both. */
  const theft = async ({ id, principal }: SessionHeader, at: Millis): Promise<Opened> => {
    const wasAlive = await store.delete(id, at)
    events.emit({ type: 'session.theft', at, id, principal })
    if (wasAlive) events.emit({ type: 'session.ended', at, id, principal, reason: 'theft' })
    return { state: 'theft' }
  }

  /** Apart from `open`: an asynchronous function makes room for all that it may ever hold. */
  const judged = (token: Token, stored: StoredSession, now: Millis, options: OpenOptions): Opened | Promise<Opened> => {
    const { want = 'header', passive = false, rotates = true } = options
    const { id, secret: shown } = token
    const credential = judge(stored, shown, now)
    if (credential.is === 'wrong') return refused(now, 'secret', id)
    if (credential.is === 'stolen') return theft(stored, now)
    const handle = createHandle(
      {
        header: stored,
        version: stored.version,
        attributes: stored.attributes,
        want,
        now,
        passive,
        rotates,
        secret: credential.secret,
        secretHash: credential.is === 'present' ? stored.secretHash : undefined,
        presented: credential.is,
        shown,
        token: credential.is === 'replaced' ? formatToken(id, credential.secret) : null,
      },
      services,
    )
    return { state: 'live', handle }
  }

  return {
    async open(text, options = {}) {
      const now = clock()
      const token = parseToken(text)
      if (token === undefined) return refused(now, 'malformed')
      const stored = await store.load(token.id, options.want ?? 'header', now)
      if (stored === undefined || stored === 'ended') return refused(now, stored === undefined ? 'missing' : 'ended', token.id)
      return judged(token, stored, now, options)
    },
    async openById(id, { want = 'header' } = {}) {
      const now = clock()
      const stored = await store.load(id, want, now)
      if (stored === undefined || stored === 'ended') return undefined
      const { version, attributes } = stored
      return createHandle(
        {
          header: stored,
          version,
          attributes,
          want,
          now,
          passive: true,
          rotates: false,
          secret: undefined,
          secretHash: undefined,
          presented: undefined,
          token: null,
        },
        services,
      )
    },
  }
}
