// How does an Express application (5 or 4) get sessions?
import type { IncomingMessage, ServerResponse } from 'node:http'
import { refuseBy } from '../web/failure.ts'
import type { WebSessions } from '../web/web-sessions.ts'
import { beginTogether } from './begin-together.ts'
import { type BindingOptions, readBindingOptions } from './binding-options.ts'
import { nodeFacts, parsedField } from './node-request.ts'
import { holdResponse } from './node-response.ts'

/** Middleware, as Express 4 and 5 and other frameworks of its kind call it. */
export type Middleware<Request extends IncomingMessage> = (
  request: Request,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Gives requests their session: `app.use(sojournSession(web))`. It is `request.session`, and with its types `web.of(request)`; it is read before
 * the handlers that follow and saved before the first byte of the response. Where it cannot be read, `next` gets the error, whose `status` and
 * `headers` (`Retry-After`) Express answers.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function sojournSession<Entries extends object, User, Request extends IncomingMessage = IncomingMessage>(
  web: WebSessions<Entries, User>,
  options: BindingOptions<Request> = {},
): Middleware<Request> {
  const begin = beginTogether(web)
  const { lazy, passive, onError } = readBindingOptions(options)
  const refuse = refuseBy(onError)
  return (request, response, next) => {
    const open = async () => {
      const field = (name: string) => parsedField(request, name)
      const { session, commit } = await begin(request, nodeFacts(request), { lazy, passive: passive(request), field })
      ;(request as { session?: unknown }).session = session
      holdResponse(response, { commit, onError })
    }
    open().then(
      () => next(),
      (error: unknown) => next(refuse(error)),
    )
  }
}
