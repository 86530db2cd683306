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
  /** A field of the body, or a promise of it where that has to be read; `undefined` where there is none. */
  field(name: string): unknown
  /** Saves the session, once; later calls answer the same. */
  commit(): Saved
}

/** How a request is begun. */
export interface BeginOptions {
  readonly lazy: boolean
  readonly passive: boolean
  readonly field: Current['field']
  /** Waited for before a session is read. */
  readonly wait?: () => Promise<void>
}

/** What bindings do with the web face. Internal: reached by {@link beginOf}, never exported from an entry. */
export interface WebInternals {
  /** Under which property of a carrier its session is. */
  readonly key: symbol
  /** Reads the session of a request, unless it is lazy. `carrier` is what the application's handlers hold. */
  begin(carrier: object, facts: RequestFacts, options: BeginOptions): Promise<Current>
}

/** What has a session under the symbol of its application: a request, by which a session leads to it too. */
export interface Carrier {
  [current: symbol]: Current | undefined
}

const internals = new WeakMap<object, WebInternals>()

/** Makes an object one whose internals {@link beginOf} finds. */
export function registerInternals(web: object, own: WebInternals): void {
  internals.set(web, own)
}

/**
 * How a binding begins the requests of what {@link webSessions} answered. Where it is registered for a part of an application too, a request has its
 * session already: it keeps that one, which is saved by whoever began it.
 */
export function beginOf(web: object): WebInternals['begin'] {
  const own = internals.get(web)
  if (own === undefined) throw new SojournError('ERR_OPTION_INVALID', '`web` is not what webSessions() answered.')
  const { begin, key } = own
  return (carrier, facts, options) => {
    const known = (carrier as Carrier)[key]
    return known === undefined ? begin(carrier, facts, options) : goOn(known, options)
  }
}

async function goOn(known: Current, { lazy }: BeginOptions): Promise<Current> {
  if (!lazy) await known.session.load()
  return { ...known, commit: () => [] }
}
