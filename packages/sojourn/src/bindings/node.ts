// How does a plain Node server get sessions?
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { failureOf } from '../web/failure.ts'
import type { WebSession } from '../web/session.ts'
import type { WebSessions } from '../web/web-sessions.ts'
import { beginTogether } from './begin-together.ts'
import { type BindingOptions, readBindingOptions } from './binding-options.ts'
import { clearHead } from './fixed-head.ts'
import { nodeFacts, parsedField } from './node-request.ts'
import { holdResponse } from './node-response.ts'

/** A request with its session. */
export interface RequestWithSession<Entries extends object, User> extends IncomingMessage {
  session: WebSession<Entries, User>
}

/**
 * Gives the handlers of `node:http`, `node:https` and `node:http2` servers sessions: `createServer(sojournSession(web)(handler))`. The session is
 * `request.session`, or `web.of(request)`; it is saved before the first byte of the response. An error that the handler throws before that is told
 * to `onError` and answered as problem details; what was changed until then is saved with them. Of HTTP/2 handlers get what is compatible with HTTP/1.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function sojournSession<Entries extends object, User>(
  web: WebSessions<Entries, User>,
  options: BindingOptions<IncomingMessage> = {},
): (
  handler: (request: RequestWithSession<Entries, User>, response: ServerResponse) => unknown,
) => (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) => Promise<void> {
  const begin = beginTogether(web)
  const { lazy, passive, onError } = readBindingOptions(options)
  return (handler) => async (incoming, outgoing) => {
    // HTTP/2 has all that is used of these two here, in its part that is compatible with HTTP/1.
    const request = incoming as IncomingMessage
    const response = outgoing as ServerResponse
    try {
      const field = (name: string) => parsedField(request, name)
      const { commit } = await begin(request, nodeFacts(request), { lazy, passive: passive(request), field })
      holdResponse(response, { commit, onError })
      const known = request as RequestWithSession<Entries, User>
      known.session = web.of(request)
      await handler(known, response)
    } catch (error) {
      onError(error)
      // An answer that is complete needs no end; one that is not must not look as if it were.
      if (response.headersSent) {
        if (!response.writableEnded) response.destroy()
      } else {
        const { status, fields, body } = failureOf(error)
        clearHead(response)
        response.writeHead(status, fields).end(body)
      }
    }
  }
}
