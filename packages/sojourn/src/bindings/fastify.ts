// How does a Fastify application get sessions?
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { refuseBy } from '../web/failure.ts'
import type { WebSessions } from '../web/web-sessions.ts'
import { beginTogether } from './begin-together.ts'
import { type BindingOptions, readBindingOptions } from './binding-options.ts'
import { saveBefore, type Waiting } from './fastify-reply.ts'
import { nodeFacts, parsedField } from './node-request.ts'
import { holdResponse } from './node-response.ts'

/**
 * Gives requests their session: `app.register(sojournSession(web))`. It is `request.session`, and with its types `web.of(request)`; it is read
 * before the handler and saved before the first byte of the response. Where it cannot be read, the application's error handler gets the error;
 * where it cannot be saved, problem details go out in the place of the reply.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function sojournSession<Entries extends object, User>(
  web: WebSessions<Entries, User>,
  options: BindingOptions<FastifyRequest> = {},
): (app: FastifyInstance) => Promise<void> {
  const begin = beginTogether(web)
  const { lazy, passive, onError } = readBindingOptions(options)
  const refuse = refuseBy(onError)
  // A property of the request: a WeakMap of every request would be work for the garbage collector.
  const waiting = Symbol('sojourn.waiting')
  type Carrier = FastifyRequest & { session?: unknown; [waiting]?: Waiting | null }

  async function open(request: Carrier, reply: FastifyReply): Promise<void> {
    try {
      const field = (name: string) => parsedField(request, name)
      const { session, commit } = await begin(request, nodeFacts(request.raw), { lazy, passive: passive(request), field })
      request.session = session
      // For handlers that take the raw response; the others are served by `save`.
      const held = holdResponse(reply.raw, { commit, onError })
      request[waiting] = { commit, held, saving: undefined }
    } catch (error) {
      throw refuse(error)
    }
  }
  function save(request: Carrier, reply: FastifyReply, payload: unknown, done: HookHandlerDoneFunction): unknown {
    return saveBefore(reply, payload, request[waiting], onError) ?? done()
  }
  const plugin = async (app: FastifyInstance) => {
    // There may be sessions of two kinds: the later ones have the name then, and `web.of` tells them apart.
    if (!app.hasRequestDecorator('session')) app.decorateRequest('session', null)
    app.decorateRequest(waiting, null)
    app.addHook('onRequest', open)
    app.addHook('onSend', save)
  }
  // For the whole application, not for the routes of this plugin alone.
  return Object.assign(plugin, { [Symbol.for('skip-override')]: true })
}
