// How is the HTTP server put together?

import helmet from '@fastify/helmet'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import type { DestinationStream } from 'pino'
import type { Sojourn } from 'sojourn'
import { HEADERS, httpProblem } from 'sojourn/protocol'
import { createLog } from '../log.ts'
import type { LogLevel } from '../log-level.ts'
import type { App } from './application.ts'
import { type Caller, correlationId, readCaller } from './caller.ts'
import { clientAddressReader } from './client-address.ts'
import { answerClientError } from './client-error.ts'
import { sendError, sendProblem, sendUnknown, setCommonHeaders } from './errors.ts'
import { addJsonBody } from './json-body.ts'
import { createLoginGuard } from './login-guard.ts'
import { addOpenApi } from './openapi.ts'
import { MOST_PATH_CHARACTERS } from './request-error.ts'
import { addAttributes } from './routes/attributes.ts'
import { addHealth } from './routes/health.ts'
import { addLogin } from './routes/login.ts'
import { addSession } from './routes/session.ts'
import { addSessions } from './routes/sessions.ts'
import { SCHEMAS } from './schemas.ts'
import { closeRoute } from './unknown-input.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is calling. */
    caller: Caller
  }
}

/** With what a server is made. */
export interface ServerOptions {
  /** Proxies whose `X-Forwarded-For` is believed: addresses and networks such as `10.0.0.0/8`. Default: none. */
  readonly trustedProxies?: readonly string[] | undefined
  /** Failed logins that an account is allowed in {@link ServerOptions.loginFailureWindow}. Default: `10`. */
  readonly loginFailures?: number | undefined
  /** The same for a network: an IPv4 address, or the /64 of an IPv6 one. Default: `100`. */
  readonly loginFailuresPerNetwork?: number | undefined
  /** Unit: seconds. Default: `900` (15 minutes). */
  readonly loginFailureWindow?: number | undefined
  /** How much is logged. Default: `info`. */
  readonly logLevel?: LogLevel | undefined
  /** Where the log goes, as lines of JSON. Default: standard error. */
  readonly log?: DestinationStream | undefined
  /** Whether the stores answer; throws when they do not. Default: lists one session. */
  readonly ready?: (() => Promise<unknown>) | undefined
  /** Default: `Date.now`. */
  readonly clock?: (() => number) | undefined
}

/**
 * Makes the REST server of an open Sojourn: every route of `sojourn/protocol`, and `/openapi.json`.
 *
 * It is a Fastify instance that does not listen yet: `await server.listen({ port })`, or mount it, or test it by `server.inject()`. Closing it
 * lets requests in flight finish, and leaves `sso` open. A route that you add is closed as the others are: it takes a query and a body only where
 * its schema says so.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID` for an entry of `trustedProxies` that is no address.
 */
export async function createServer(sso: Sojourn, options: ServerOptions = {}): Promise<App> {
  const clientAddress = clientAddressReader(options.trustedProxies ?? [])
  const loggerInstance: FastifyBaseLogger = createLog(options.logLevel ?? 'info', options.log ?? process.stderr)
  const app: App = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'cid' }),
    genReqId: ({ headers }) => correlationId(headers[HEADERS.requestId]),
    routerOptions: { maxParamLength: MOST_PATH_CHARACTERS },
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allErrors: true, allowUnionTypes: true },
    },
    return503OnClosing: false,
    // Node's own refusal has no body and no correlation id; `readCaller` refuses instead.
    http: { requireHostHeader: false },
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
    clientErrorHandler: (error, socket) => answerClientError(error, socket, loggerInstance),
  }).withTypeProvider<TypeBoxTypeProvider>()

  // An expectation that nobody knows is no reason to refuse (RFC 9110, section 10.1.1). Node's own refusal would be no problem of ours.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
  addJsonBody(app)
  for (const schema of SCHEMAS) app.addSchema(schema)
  app.decorateRequest('caller')
  app.addHook('onRoute', closeRoute)
  app.addHook('onRequest', async (request, reply) => {
    setCommonHeaders(reply)
    if (closing) return sendProblem(reply, httpProblem('ERR_SHUTTING_DOWN', request.id))
    request.caller = readCaller(request, clientAddress)
    // Before the body is read: whatever is wrong with it, the path or the method comes first.
    if (request.is404) return sendUnknown(request, reply)
  })
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  // Connections kept alive would otherwise hold up the end.
  app.addHook('onSend', async (_request, reply) => {
    if (closing) reply.header('connection', 'close')
  })
  app.addHook('onResponse', async (request, reply) => {
    request.log.info({
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      remoteAddr: request.caller?.remoteAddr ?? null,
    })
  })
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply))

  await app.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }, useDefaults: false },
  })
  await addOpenApi(app)

  const guard = createLoginGuard({
    perAccount: options.loginFailures ?? 10,
    perNetwork: options.loginFailuresPerNetwork ?? 100,
    window: options.loginFailureWindow ?? 900,
    clock: options.clock ?? (() => Date.now()),
  })
  addLogin(app, sso, guard)
  addSession(app, sso)
  addAttributes(app, sso)
  addSessions(app, sso)
  addHealth(app, options.ready ?? (() => sso.sessions.list({ limit: 1 })))
  return app
}
