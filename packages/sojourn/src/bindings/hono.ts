// How does a Hono application get sessions?
import type { Context, MiddlewareHandler } from 'hono'
import { internalsOf } from '../web/current.ts'
import { forFramework } from '../web/failure.ts'
import { factsOf } from '../web/request.ts'
import type { WebSession } from '../web/session.ts'
import type { WebSessions } from '../web/web-sessions.ts'
import { type BindingOptions, readBindingOptions } from './binding-options.ts'

/** The generics of an application with sessions: `new Hono<SessionEnv<Entries>>()`. */
export interface SessionEnv<Entries extends object = Record<string, unknown>, User = unknown> {
  Variables: { session: WebSession<Entries, User> }
}

/**
 * Gives requests their session: `app.use(sojournSession(web))`. It is `c.get('session')`, or `web.of(c)`; it is read before the handlers that follow
 * and saved before the response goes out. Errors go to `app.onError`.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function sojournSession<Entries extends object, User>(
  web: WebSessions<Entries, User>,
  options: BindingOptions<Context> = {},
): MiddlewareHandler<SessionEnv<Entries, User>> {
  const { begin } = internalsOf(web)
  const { lazy, passive, onError } = readBindingOptions(options)
  return async (c, next) => {
    try {
      const facts = factsOf(c.req.raw, connectionOf(c))
      const { commit } = await begin(c, facts, { lazy, passive: passive(c), field: (name) => bodyField(c, name) })
      c.set('session', web.of(c))
      await next()
      for (const { name, value, added } of await commit()) c.header(name, value, { append: added })
    } catch (error) {
      onError(error)
      // What the handler answered must not lend its headers to the answer to this.
      c.res = undefined
      throw forFramework(error)
    }
  }
}

/** What @hono/node-server tells of the connection; other runtimes say the scheme in the URL. */
function connectionOf({ env }: Context): { readonly encrypted?: boolean; readonly remoteAddr?: string } {
  const socket: unknown = env?.incoming?.socket
  if (typeof socket !== 'object' || socket === null) return {}
  const remoteAddr: unknown = Reflect.get(socket, 'remoteAddress')
  return { encrypted: Reflect.get(socket, 'encrypted') === true, ...(typeof remoteAddr === 'string' ? { remoteAddr } : {}) }
}

async function bodyField(c: Context, name: string): Promise<unknown> {
  const isJson = c.req.header('content-type')?.startsWith('application/json') === true
  const body: unknown = await (isJson ? c.req.json() : c.req.parseBody()).catch(() => undefined)
  return typeof body === 'object' && body !== null && Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined
}
