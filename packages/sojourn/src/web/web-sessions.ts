// What is the web face, and how do its parts come together?
import { requireUserId } from '../engine/check.ts'
import { coreOf, type EngineCore } from '../engine/core.ts'
import { invalidOption, SojournError } from '../engine/error.ts'
import type { EngineEvent, EventType } from '../engine/events.ts'
import { peopleOf } from '../engine/people.ts'
import type { Sessions } from '../engine/session/session.ts'
import type { Counters } from '../engine/store.ts'
import { requestField } from './body-field.ts'
import { commitState, type Saved } from './commit.ts'
import { type CsrfGuard, type CsrfOptions, createCsrfGuard } from './csrf.ts'
import { type BeginOptions, type Carrier, type Current, registerInternals } from './current.ts'
import { letGo, readHandleOptions, rethrow } from './failure.ts'
import { loadState } from './load.ts'
import { GUEST_USER, readWebOptions, type WebOptions } from './options.ts'
import { factsOf, type LoadOptions, type RequestFacts } from './request.ts'
import { respond } from './respond.ts'
import type { WebSession } from './session.ts'
import { nothingStored, unloadedState, type WebContext } from './state.ts'
import { Transport } from './transport.ts'
import { createUserCache } from './users.ts'
import { createWebSession, REQUEST } from './web-session.ts'

/** The part of `createSojourn`'s answer that the web face works with. */
export interface WebHost {
  readonly sessions: Pick<Sessions, 'revoke' | 'refresh' | 'sweep'>
  on<T extends EventType>(type: T, listener: (event: EngineEvent<T>) => void): () => void
}

/** Who hears of what {@link WebSessions.handle} answers by itself. */
export interface HandleOptions {
  /**
   * Told of the errors that are answered as problem details. Default: failures of the server go to the console (`console.warn`), once
   * for each code.
   */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** Browser sessions of one application. */
export interface WebSessions<Entries extends object = Record<string, unknown>, User = unknown> {
  /**
   * The session of a standard `Request`. One store call where the request has a cookie that could be ours, none otherwise.
   *
   * @throws {SojournError} `ERR_STORE_UNAVAILABLE`; `ERR_REQUEST_INVALID` for what a trusted proxy says and cannot be read.
   */
  load(request: Request, options?: LoadOptions): Promise<WebSession<Entries, User>>
  /**
   * Saves what changed and answers the response with what the browser must be told: one store call or none, two where the session is replaced; more
   * where {@link LoginOptions.proof}, a key that is not bound, a token that was replaced a moment ago, or an entry with an expiry that was deleted
   * meanwhile asks for it.
   *
   * @throws {SojournError} `ERR_SESSION_ENDED` when it ended meanwhile and there was something to save; `ERR_TRANSPORT_INSECURE` when it needs a
   * cookie and the connection is open to anybody; `ERR_VALUE_TOO_LARGE`, `ERR_ATTRIBUTE_CONFLICT`, `ERR_STORE_UNAVAILABLE`.
   */
  commit(session: WebSession<Entries, User>, response: Response): Promise<Response>
  /**
   * A handler that is given the session of each request and whose response is committed. Errors of Sojourn are answered as problem details (RFC 9457),
   * with `Retry-After` while the store is away; others are thrown on, and nothing of such a request is saved.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID`
   */
  handle(
    handler: (request: Request, session: WebSession<Entries, User>) => Response | Promise<Response>,
    options?: HandleOptions,
  ): (request: Request, options?: LoadOptions) => Promise<Response>
  /**
   * The session of a request that a binding, {@link load} or {@link handle} has seen: Express's, Fastify's or Node's request, Hono's context, or a `Request`.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID` for any other.
   */
  of(request: object): WebSession<Entries, User>
  /**
   * A guard against requests that other sites' pages send.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID`
   */
  csrf(options?: CsrfOptions): CsrfGuard
  /**
   * Ends all sessions of a user, of guests ({@link GUEST_USER}), or without an argument of everyone: at once, on every process, in work that does not
   * grow with their number.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID` for anything else, an explicit `undefined` included; `ERR_STORE_UNAVAILABLE`
   */
  killSessionsByUser(...userId: [] | [string]): Promise<void>
  /**
   * Says that a user's record changed, so that `session.user` shows it at the next request of each of their sessions.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_STORE_UNAVAILABLE`
   */
  refreshUser(userId: string): Promise<void>
  /**
   * Removes what has expired or was ended, batch by batch, until nothing is left. Safe on many processes at once; it also runs by itself
   * (`sweepInterval`).
   *
   * @throws {SojournError} `ERR_STORE_UNAVAILABLE`
   */
  startClearSessions(): Promise<{ readonly removed: number }>
  /**
   * What a change of a user raises: read it before you check a password of your own, and give it to `session.login(userId, { expect })`, so that what
   * ends all sessions of the user meanwhile stops this login too.
   *
   * @throws {SojournError} `ERR_OPTION_INVALID`, `ERR_STORE_UNAVAILABLE`
   */
  counters(userId: string): Promise<Counters>
  /** Listens to one type of event, such as `session.ended`; the answer stops it. */
  on: WebHost['on']
}

/** How much one step of {@link WebSessions.startClearSessions} removes. */
const SWEEP_BATCH = 1000

/**
 * Opens the web face: sessions bound to a browser by a cookie and used like a map.
 *
 * @param sso what `createSojourn` answered.
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function webSessions<Entries extends object = Record<string, unknown>, User = unknown>(
  sso: WebHost,
  options: WebOptions = {},
): WebSessions<Entries, User> {
  const { cookie, keepOnLogin, keepOnLogout, proxies } = readWebOptions(options)
  const core: EngineCore | undefined = coreOf(Object(sso))
  if (core === undefined) throw invalidOption('sso', 'must be what createSojourn() answered')
  const people = peopleOf(sso)
  const context: WebContext = {
    core,
    people,
    users: createUserCache(people, core.clock),
    cookie,
    keepOnLogin,
    keepOnLogout,
    unread: nothingStored({ core, people }),
  }
  // A property under a symbol of this application's own: a WeakMap of every request would be work for the garbage collector.
  const currentKey = Symbol('sojourn.session')

  function find(carrier: object): Current {
    // A session leads to it by its request.
    const seen = Object(carrier)
    const current: Current | undefined = (seen[REQUEST] ?? seen)[currentKey]
    if (current !== undefined) return current
    throw new SojournError('ERR_OPTION_INVALID', 'This request has no session.', {
      fix: 'Register sojournSession(web) first, and pass the request of the handler.',
    })
  }
  function keep(carrier: object, current: Current): void {
    ;(carrier as Carrier)[currentKey] = current
  }
  function transportOf(facts: RequestFacts): Transport {
    try {
      return new Transport(facts, proxies)
    } catch (error) {
      rethrow(context.core, 'load', error)
    }
  }
  async function begin(carrier: object, facts: RequestFacts, { lazy, passive, field, wait }: BeginOptions): Promise<Current> {
    const request = { facts, transport: transportOf(facts), passive }
    const state = unloadedState(context)
    const session = createWebSession(state, context, request)
    let committed: Saved | undefined
    const commit = () => {
      committed ??= commitState(state, context, request)
      return committed
    }
    if (!lazy) {
      await wait?.()
      await loadState(state, context, request)
    }
    const current: Current = { session, request, field, commit }
    keep(carrier, current)
    keep(request, current)
    return current
  }
  const beginRequest = (request: Request, load: LoadOptions) =>
    begin(request, factsOf(request, load), {
      lazy: false,
      passive: load.passive === true,
      field: (name) => requestField(request, name),
    })

  // What a session holds is told by `Entries` alone: nothing checks it but the schema of `createSojourn({ attributes })`.
  const typed = ({ session }: Current) => session as unknown as WebSession<Entries, User>

  const web: WebSessions<Entries, User> = {
    load: async (request, load = {}) => typed(await beginRequest(request, load)),
    commit: async (session, response) => respond(response, await find(session).commit()),
    handle(handler, options = {}) {
      const onError = readHandleOptions(options)
      return async (request, load = {}) => {
        let response: Response | undefined
        try {
          const current = await beginRequest(request, load)
          response = await handler(request, typed(current))
          return respond(response, await current.commit())
        } catch (error) {
          letGo(response?.body)
          if (!(error instanceof SojournError)) throw error
          onError(error)
          return error.getResponse()
        }
      }
    },
    of: (request) => typed(find(request)),
    csrf: (csrf) => createCsrfGuard(find, csrf),
    async killSessionsByUser(...args: readonly unknown[]) {
      if (args.length === 0) return sso.sessions.revoke('all')
      const [userId] = args
      return sso.sessions.revoke(userId === GUEST_USER ? 'guests' : { principal: requireUserId('userId', userId) })
    },
    refreshUser: async (userId) => sso.sessions.refresh(userId),
    async startClearSessions() {
      for (let removed = 0; ; ) {
        const swept = await sso.sessions.sweep({ limit: SWEEP_BATCH })
        removed += swept.removed
        if (!swept.more) return { removed }
      }
    },
    counters: async (userId) => core.store.counters(core.principal(requireUserId('userId', userId))),
    on: (type, listener) => sso.on(type, listener),
  }
  registerInternals(web, { begin, key: currentKey })
  return web
}
