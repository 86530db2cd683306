// Which sessions does a local cache hold, and what can it still say about them?
//
// A load takes a ticket before it asks the store. Whatever is forgotten meanwhile takes the ticket along, and what was loaded is not
// kept: it may have been read before the change that was announced.
// Groups are forgotten without looking for their sessions: each has the place in the sequence of events at which it was last forgotten,
// and a session counts only if its ticket was taken after that.

import { wantedAttributes } from '../attributes/apply-attributes.ts'
import type { SessionId, StoredSession, Want } from '../store.ts'
import type { Millis } from '../time.ts'
import { GROUPS } from './invalidation.ts'

/** The right to keep what a load brings, until the session is forgotten. */
export interface Ticket {
  readonly id: SessionId
  readonly place: number
}

/** A session as it was read. */
export interface Held {
  /** `undefined`: too large to be held. */
  readonly session: StoredSession | undefined
  /** What the store said of it just before it was read; see `session-cache.ts`. */
  readonly fingerprint: string | undefined
}

interface Entry extends Held {
  readonly group: number
  readonly place: number
  readonly readAt: Millis
  /** From when on it says nothing: its end. */
  readonly until: Millis
}

/** Sessions with more bytes of attributes are not held. */
const LARGEST = 65_536

/** A bounded number of sessions, each for a bounded time. */
export interface CachedSessions {
  /** A session that is held, not too old, and not past its end. */
  find(id: SessionId, now: Millis): Held | undefined
  /** To be taken before the store is asked. */
  ticket(id: SessionId): Ticket
  /** Keeps what was read whole with a ticket, if that is still good, and gives the ticket back. */
  keep(ticket: Ticket, session: StoredSession, group: number, now: Millis, fingerprint: string | undefined): void
  /** Gives a ticket back that brought nothing. */
  waste(ticket: Ticket): void
  forget(id: SessionId): void
  forgetGroup(group: number): void
  forgetAll(): void
  size(): number
}

export function createCachedSessions(maxSessions: number, maxAge: Millis): CachedSessions {
  const entries = new Map<SessionId, Entry>()
  const tickets = new Map<SessionId, Ticket>()
  const forgottenAt = new Float64Array(GROUPS)
  let place = 0

  const isForgotten = (group: number, since: number) => (forgottenAt[group] ?? 0) > since

  return {
    find(id, now) {
      const entry = entries.get(id)
      if (entry === undefined) return undefined
      if (now < entry.until && Math.abs(now - entry.readAt) < maxAge && !isForgotten(entry.group, entry.place)) return entry
      entries.delete(id)
      return undefined
    },

    ticket(id) {
      const shared = tickets.get(id) // still good, so good for whoever begins later
      if (shared !== undefined) return shared
      const ticket = { id, place }
      tickets.set(id, ticket)
      return ticket
    },

    keep(ticket, session, group, now, fingerprint) {
      const { id } = ticket
      if (tickets.get(id) !== ticket) return
      tickets.delete(id)
      entries.delete(id)
      let bytes = 0
      for (const [name, { value }] of session.attributes) bytes += name.length + value.length
      const held = bytes > LARGEST ? undefined : session
      entries.set(id, {
        session: held,
        fingerprint,
        group,
        place: ticket.place,
        readAt: now,
        until: session.expiresAt,
      })
      if (entries.size <= maxSessions) return
      const [oldest] = entries.keys()
      if (oldest !== undefined) entries.delete(oldest)
    },

    waste(ticket) {
      if (tickets.get(ticket.id) === ticket) tickets.delete(ticket.id)
    },

    forget(id) {
      entries.delete(id)
      tickets.delete(id)
    },

    forgetGroup(group) {
      place += 1
      forgottenAt[group] = place
    },

    forgetAll() {
      entries.clear()
      tickets.clear()
    },

    size: () => entries.size,
  }
}

/** What is asked for of a session that was read whole, at an instant. */
export function excerpt(session: StoredSession, want: Want, now: Millis): StoredSession {
  const attributes = wantedAttributes(session.attributes, want, now)
  return attributes === session.attributes ? session : { ...session, attributes }
}
