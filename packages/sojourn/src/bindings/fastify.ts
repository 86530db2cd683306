// How does a Fastify application get sessions?
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Current } from '../web/current.ts'
import { refuseBy } from '../web/failure.ts'
import type { WebSessions } from '../web/web-sessions.ts'
import { beginTogether } from './begin-together.ts'
import { type BindingOptions, readBindingOptions } from './binding-options.ts'
import { saveBefore } from './fastify-reply.ts'
import { nodeFacts, parsedField } from './node-request.ts'
import { type HeldResponse, holdResponse } from './node-response.ts'

/** A session to be saved; `saving` answers the payload of the reply that it is saved before. */
interface Waiting extends Pick<Current, 'commit'>, HeldResponse {
  saving: Promise<unknown> | undefined
}

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

  async function open(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const field = (name: string) => parsedField(request, name)
    const begun = begin(request, nodeFacts(request.raw), { lazy, passive: passive(request), field })
    const { session, commit } = await begun.catch(refuse)
    // For handlers that take the raw response; the others are served by `save`.
    const { release } = holdResponse(reply.raw, { commit, onError })
    Object.assign(request, { session, [waiting]: { commit, release, saving: undefined } satisfies Waiting })
  }
  async function save(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
    const own: Waiting | null = Reflect.get(request, waiting)
    if (own === null) return undefined
    // Once: the answer to an error of this passes here again, and so does what is sent twice, which must not overtake the first.
    if (own.saving !== undefined) return own.saving.then(() => undefined)
    own.release()
    own.saving = saveBefore(reply, payload, own.commit, onError)
    return own.saving
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
