// How does a local cache learn what others change in the store behind it?
import type { Principal, SessionId } from '../store.ts'

/** How many groups sessions fall into, for news that concerns several. */
export const GROUPS = 1024

/** Hears the news of a channel. Hearing more than has happened does no harm. */
export interface InvalidationListener {
  /** This session has changed or ended. */
  session(id: SessionId): void
  /** Anything may be true of the sessions of a group: a principal's counters moved. */
  group(group: number): void
  /** Anything may be true of any session. */
  everything(): void
  /** From here on news may be missing. The connection is of no more use. */
  broken(cause: unknown): void
}

/** A connection over which a server pushes what changes. */
export interface InvalidationLink {
  /**
   * Resolves when the listener has heard of every change that was answered, to anybody, before this call. Rejects, or never answers, where
   * the connection no longer is what it was.
   */
  settled(): Promise<void>
  close(): void
}

/** Runs something when a signal aborts, or at once where it has. */
export function whenAborted(signal: AbortSignal, run: () => void): void {
  if (signal.aborted) run()
  else signal.addEventListener('abort', run, { once: true })
}

/** The way to a server that pushes what changes. */
export interface InvalidationChannel {
  /** The group of a session, a whole number from 0 and below {@link GROUPS}: the same as that of its principal. */
  groupOfSession(id: SessionId, principal: string | null): number
  groupOfPrincipal(principal: Principal): number
  /**
   * Connects once. From the moment it resolves no change goes unheard, until the listener is told that it is broken.
   *
   * @param abandoned aborts where that took too long and nobody waits for it any more: what was opened meanwhile is closed.
   */
  connect(listener: InvalidationListener, abandoned: AbortSignal): Promise<InvalidationLink>
}
