// How does a Hono application get sessions?
import type { Context, MiddlewareHandler } from 'hono'
import { beginOf } from '../web/current.ts'
import { letGo, refuseBy } from '../web/failure.ts'
import { factsOf } from '../web/request.ts'
import type { WebSession } from '../web/session.ts'
import type { WebSessions } from '../web/web-sessions.ts'
import { beginTogether } from './begin-together.ts'
import { type BindingOptions, readBindingOptions } from './binding-options.ts'
import { bodyField, connectionOf, isOfNode } from './hono-request.ts'

/** The generics of an application with sessions: `new Hono<SessionEnv<Entries>>()`. */
export interface SessionEnv<Entries extends object = Record<string, unknown>, User = unknown> {
  Variables: { session: WebSession<Entries, User> }
}

/**
 * Gives requests their session: `app.use(sojournSession(web))`. It is `c.get('session')`, or `web.of(c)`; it is read before the handlers that follow
 * and saved before the response goes out. Where either fails, `app.onError` gets the error; by default problem details go out.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function sojournSession<Entries extends object, User>(
  web: WebSessions<Entries, User>,
  options: BindingOptions<Context> = {},
): MiddlewareHandler<SessionEnv<Entries, User>> {
  // Other runtimes may not let a request wait for a timer of another one, and drop it with that: with Cloudflare Workers all would wait for good.
  const [together, alone] = [beginTogether(web), beginOf(web)]
  const { lazy, passive, onError } = readBindingOptions(options)
  const refusal = refuseBy(onError)
  const refuse = (error: unknown) => Promise.reject(refusal(error))
  const open = async (c: Context) => {
    const facts = factsOf(c.req.raw, connectionOf(c))
    const begin = isOfNode(c) ? together : alone
    return begin(c, facts, { lazy, passive: passive(c), field: (name) => bodyField(c, name) })
  }
  return async (c, next) => {
    const { commit } = await open(c).catch(refuse)
    c.set('session', web.of(c))
    await next()
    const saved = commit()
    const fields = saved instanceof Promise ? await saved.catch((error: unknown) => refuse(withdraw(c, error))) : saved
    for (const { name, value, added } of fields) c.header(name, value, { append: added })
  }
}

/** Takes back what the handler answered, so that it lends no header to the answer to that error. */
function withdraw<E>(c: Context, error: E): E {
  letGo(c.res.body)
  c.res = undefined
  // What was given to `c.header` shows in a new answer, and can be taken from it alone.
  for (const name of [...c.res.headers.keys()]) c.header(name)
  return error
}
