// How does a Fastify application get sessions?
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Current, internalsOf } from '../web/current.ts'
import { forFramework } from '../web/failure.ts'
import type { WebSessions } from '../web/web-sessions.ts'
import { type BindingOptions, readBindingOptions } from './binding-options.ts'
import { nodeFacts, parsedField } from './node-request.ts'
import { type HeldResponse, holdResponse } from './node-response.ts'

/** A request whose session has not been saved yet. */
interface Waiting {
  readonly current: Current
  readonly held: HeldResponse
}

/**
 * Gives requests their session: `app.register(sojournSession(web))`. It is `request.session`, and with its types `web.of(request)`; it is read
 * before the handler and saved before the first byte of the response. Errors go to the application's error handler.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function sojournSession<Entries extends object, User>(
  web: WebSessions<Entries, User>,
  options: BindingOptions<FastifyRequest> = {},
): (app: FastifyInstance) => Promise<void> {
  const { begin } = internalsOf(web)
  const { lazy, passive, onError } = readBindingOptions(options)
  // A property of the request: a WeakMap of every request would be work for the garbage collector.
  const waiting = Symbol('sojourn.waiting')

  function refuse(error: unknown): never {
    onError(error)
    throw forFramework(error)
  }
  async function open(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const field = (name: string) => parsedField(request, name)
    const current = await begin(request, nodeFacts(request.raw), { lazy, passive: passive(request), field }).catch(refuse)
    Object.assign(request, { session: current.session })
    // For handlers that take the raw response; the others are served by `save`.
    const own: Waiting = { current, held: holdResponse(reply.raw, { commit: current.commit, onError }) }
    Reflect.set(request, waiting, own)
  }
  async function save(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const own: Waiting | null = Reflect.get(request, waiting)
    if (own === null) return
    // Once: the answer to an error of this passes here again.
    Reflect.set(request, waiting, null)
    own.held.release()
    const saved = own.current.commit()
    const fields = saved instanceof Promise ? await saved.catch(refuse) : saved
    for (const { name, value } of fields) reply.header(name, value)
  }
  const plugin = async (app: FastifyInstance) => {
    app.decorateRequest('session', null)
    app.decorateRequest(waiting, null)
    app.addHook('onRequest', open)
    app.addHook('onSend', save)
  }
  // For the whole application, not for the routes of this plugin alone.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true })
}
