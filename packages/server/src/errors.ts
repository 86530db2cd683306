// How is everything that can go wrong in a request answered as a problem?
import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { type FieldError, isSojournError, SojournError } from 'sojourn'
import { HEADERS, httpProblem, PROBLEM_TYPE, type Problem, problemOf, ROUTES } from 'sojourn/protocol'
import { fieldErrors } from './field-errors.ts'
import { allowedMethods } from './route-table.ts'
import { AttributeBody, AttributesBody, ref } from './schemas.ts'

/** No name in a path needs more. */
export const MOST_PATH_CHARACTERS = 4096

/** The two forms of a body that writes attributes. */
const ONE = ref(AttributeBody)
const MANY = ref(AttributesBody)

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

/** What the framework has against a request, as an error of ours; `undefined` when it is a fault of the server. */
function requestError(error: unknown, request: FastifyRequest): SojournError | undefined {
  if (!isFrameworkError(error)) return undefined
  if (error.validation !== undefined) {
    const errors = fieldErrors(ofTheFormMeant(error.validation, request), error.validationContext ?? 'body')
    const [first] = errors
    const message = first === undefined ? 'The request is not valid.' : `\`${first.field}\` ${first.reason}.`
    return new SojournError('ERR_REQUEST_INVALID', message, { errors })
  }
  if (error.statusCode === 413)
    return new SojournError('ERR_VALUE_TOO_LARGE', 'The body is too large.', {
      errors: [{ field: 'body', reason: 'is too large' }],
    })
  if (error.statusCode === undefined || error.statusCode < 400 || error.statusCode >= 500) return undefined
  const { field, reason } = PARSE_ERRORS[error.code] ?? { field: 'request', reason: 'must be valid HTTP' }
  return new SojournError('ERR_REQUEST_INVALID', `\`${field}\` ${reason}.`, { errors: [{ field, reason }] })
}

const PARSE_ERRORS: Readonly<Record<string, FieldError>> = {
  FST_ERR_BAD_URL: { field: 'path', reason: 'must be percent-encoded UTF-8' },
  FST_ERR_MAX_PARAM_LENGTH: { field: 'path', reason: `must have at most ${MOST_PATH_CHARACTERS} characters in each part` },
  FST_ERR_CTP_INVALID_JSON_BODY: { field: 'body', reason: 'must be valid JSON' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { field: 'body', reason: 'must not be empty' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { field: 'Content-Length', reason: 'must be the length of the body' },
}

/** A body of two forms (one attribute, or `items`) fails against both; told is only what is wrong with the form that was meant. */
function ofTheFormMeant(
  found: readonly FastifySchemaValidationError[],
  request: FastifyRequest,
): readonly FastifySchemaValidationError[] {
  if (!found.some(({ keyword, instancePath }) => keyword === 'anyOf' && instancePath === '')) return found
  const { body } = request
  const form = typeof body === 'object' && body !== null && 'items' in body ? MANY : ONE
  const validate = request.compileValidationSchema(form, 'body')
  validate(body)
  return validate.errors ?? found
}

function isFrameworkError(error: unknown): error is FastifyError {
  return error instanceof Error && ('statusCode' in error || 'validation' in error) && 'code' in error
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
