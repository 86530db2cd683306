// What does the engine tell, to whom, and when?
import { type ErrorCode, invalidOption } from './error.ts'
import type { SessionId } from './store.ts'
import type { Clock, Millis } from './time.ts'

/**
 * Why a session ended. `displaced`: its user began one more than the policy allows. `expired` and `revoked` are told by the sweep, at most once; the others exactly once, at the moment.
 */
export type EndReason = 'logout' | 'reset' | 'deleted' | 'displaced' | 'theft' | 'expired' | 'revoked'

/** Why a token was refused: not a token, no such session, one replaced lately, or a secret that does not fit. */
export type RefusalReason = 'malformed' | 'missing' | 'ended' | 'secret'

/** The facts of each event, by its type. None holds a value, a token, a secret or a password. */
export interface EventFacts {
  /** A session began. */
  'session.started': { readonly id: SessionId; readonly principal: string | null; readonly sliding: boolean }
  /** A session ended. `principal` is absent where only the id was known. */
  'session.ended': { readonly id: SessionId; readonly principal?: string | null; readonly reason: EndReason }
  /** A token was not accepted. `id` is absent for a malformed one. */
  'session.refused': { readonly id?: SessionId; readonly reason: RefusalReason }
  /** A session was given a new secret. */
  'session.rotated': { readonly id: SessionId; readonly principal: string | null }
  /** A replaced secret was presented after its grace: the session was ended. Somebody has a copy of a token. */
  'session.theft': { readonly id: SessionId; readonly principal: string | null }
  /** A session was read, but its deadline could not be pushed or its secret not rotated. */
  'session.touch-failed': { readonly id: SessionId; readonly error: unknown }
  /** Sessions were ended by scope; they are told one by one when the sweep meets them. */
  'sessions.revoked': { readonly scope: 'guests' | 'all' | 'principal'; readonly principal?: string; readonly except?: SessionId }
  /** A user's record changed: copies are fetched again. */
  'user.refreshed': { readonly principal: string }
  /** A sweep of the timer ended. */
  'sweep.done': { readonly removed: number }
  /** A sweep of the timer failed; the next one tries again. */
  'sweep.failed': { readonly error: unknown }
  /** Audit records could not be written; they wait, and are tried again. */
  'audit.failed': { readonly waiting: number; readonly error: unknown }
  /** What changes of users do to sessions kept elsewhere could not be applied; it is tried again. */
  'effects.failed': { readonly error: unknown }
  /**
   * The web face could not read or save the session of a request, and the browser got an error. `fix` says what to do about it. Both are absent for
   * an error that is not Sojourn's, as nobody knows what its text holds.
   */
  'web.failed': { readonly step: 'load' | 'commit'; readonly code?: ErrorCode; readonly fix?: string }
  /** A listener threw. The others were told all the same. */
  'listener.failed': { readonly event: EventType; readonly error: unknown }
}

/** What an event can be. */
export type EventType = keyof EventFacts

const TYPES: Record<EventType, true> = {
  'session.started': true,
  'session.ended': true,
  'session.refused': true,
  'session.rotated': true,
  'session.theft': true,
  'session.touch-failed': true,
  'sessions.revoked': true,
  'user.refreshed': true,
  'sweep.done': true,
  'sweep.failed': true,
  'audit.failed': true,
  'effects.failed': true,
  'web.failed': true,
  'listener.failed': true,
}

/** Any event, whatever its type. */
type AnyEvent = { [T in EventType]: { readonly type: T; readonly at: Millis } & EventFacts[T] }[EventType]

/** Something that happened, at that instant. */
export type EngineEvent<T extends EventType = EventType> = Extract<AnyEvent, { readonly type: T }>

/** Tells events to whoever listens. */
export interface Events {
  /**
   * Listens to one type of event; the answer stops it.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID`
   */
  on<T extends EventType>(type: T, listener: (event: EngineEvent<T>) => void): () => void
  emit(event: EngineEvent): void
}

/** @param every is told all events, before those who listen to one type. */
export function createEvents(clock: Clock, every?: (event: EngineEvent) => void): Events {
  const listeners = new Map<EventType, Set<(event: EngineEvent) => unknown>>()

  const tell = (listener: (event: EngineEvent) => unknown, event: EngineEvent) => {
    const failed = (error: unknown) => {
      if (event.type !== 'listener.failed') emit({ type: 'listener.failed', at: clock(), event: event.type, error })
    }
    try {
      const answer = listener(event)
      if (answer instanceof Promise) answer.catch(failed)
    } catch (error) {
      failed(error)
    }
  }
  const emit = (event: EngineEvent) => {
    if (every !== undefined) tell(every, event)
    for (const listener of listeners.get(event.type) ?? []) tell(listener, event)
  }

  return {
    emit,
    on(type, listener) {
      if (!Object.hasOwn(TYPES, type)) throw invalidOption('type', `must be one of ${Object.keys(TYPES).join(', ')}`)
      if (typeof listener !== 'function') throw invalidOption('listener', 'must be a function')
      const own = (event: EngineEvent) => (isOfType(event, type) ? listener(event) : undefined)
      const others = listeners.get(type) ?? new Set()
      listeners.set(type, others.add(own))
      return () => others.delete(own)
    },
  }
}

function isOfType<T extends EventType>(event: EngineEvent, type: T): event is EngineEvent<T> {
  return event.type === type
}
