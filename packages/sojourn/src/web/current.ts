// Which session belongs to the request in hand, and how do bindings reach what the web face does with it?
import { SojournError } from '../engine/error.ts'
import type { Saved } from './commit.ts'
import type { RequestFacts } from './request.ts'
import type { WebRequest } from './state.ts'
import type { UntypedSession } from './web-session.ts'

/** One request and its session. */
export interface Current {
  readonly session: UntypedSession
  readonly request: WebRequest
  /** A field of the parsed body; `undefined` where there is none. */
  field(name: string): unknown
  /** Saves the session, once; later calls answer the same. */
  commit(): Saved
}

/** How a request is begun. */
export interface BeginOptions {
  readonly lazy: boolean
  readonly passive: boolean
  readonly field: Current['field']
}

/** What bindings do with the web face. Internal: reached by {@link internalsOf}, never exported from an entry. */
export interface WebInternals {
  /** Reads the session of a request, unless it is lazy. `carrier` is what the application's handlers hold. */
  begin(carrier: object, facts: RequestFacts, options: BeginOptions): Promise<Current>
}

const internals = new WeakMap<object, WebInternals>()

/** Makes an object one whose internals {@link internalsOf} finds. */
export function registerInternals(web: object, own: WebInternals): void {
  internals.set(web, own)
}

/** The internals of what {@link webSessions} answered. */
export function internalsOf(web: object): WebInternals {
  const own = internals.get(web)
  if (own === undefined) throw new SojournError('ERR_OPTION_INVALID', '`web` is not what webSessions() answered.')
  return own
}
