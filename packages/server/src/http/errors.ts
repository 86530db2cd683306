// How is everything that can go wrong in a request answered as a problem?
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isSojournError } from 'sojourn'
import { HEADERS, httpProblem, PROBLEM_TYPE, type Problem, problemOf, ROUTES } from 'sojourn/protocol'
import { requestError } from './request-error.ts'
import { allowedMethods } from './route-table.ts'

/** When to try again, where an error does not say it. Unit: seconds. */
const RETRY_AFTER = 2

/** Answers that a path is not known, or knows another method. */
export function sendUnknown(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const allowed = allowedMethods(request.url)
  if (allowed.length === 0) return sendProblem(reply, httpProblem('ERR_ROUTE_MISSING', request.id))
  return sendProblem(reply.header('allow', allowed.join(', ')), httpProblem('ERR_METHOD_REFUSED', request.id))
}

/** Answers one error. Faults of the server are logged here, as the client is told no more than their title. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (hasCode(error, 'FST_ERR_CTP_INVALID_MEDIA_TYPE'))
    return sendProblem(reply, httpProblem('ERR_MEDIA_TYPE_REFUSED', request.id))
  const ours = isSojournError(error) ? error : requestError(error, request)
  const problem = problemOf(ours ?? error, request.id, request.routeOptions.url === ROUTES.login.path ? 'login' : 'other')
  if (problem.status >= 500) request.log.error({ err: error }, problem.title)
  return sendProblem(reply, problem, ours?.retryAfter)
}

/** The headers that every answer has. A path that the router gives up on comes here past all hooks. */
export function setCommonHeaders(reply: FastifyReply): FastifyReply {
  return reply.header(HEADERS.requestId, reply.request.id).header('cache-control', 'no-store')
}

/** Sends a problem with the headers that belong to its status. */
export function sendProblem(reply: FastifyReply, problem: Problem, retryAfter = RETRY_AFTER): FastifyReply {
  setCommonHeaders(reply)
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer')
  if (problem.status === 429 || problem.status === 503) reply.header(HEADERS.retryAfter, Math.max(1, Math.ceil(retryAfter)))
  return reply.status(problem.status).type(PROBLEM_TYPE).send(problem)
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
