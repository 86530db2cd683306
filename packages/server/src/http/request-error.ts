// What does the framework have against a request, as an error of ours?
import type { FastifyError, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import { type FieldError, SojournError } from 'sojourn'
import { fieldErrors } from './field-errors.ts'
import { AttributeBody, AttributesBody, ref } from './schemas.ts'

/** No name in a path needs more. */
export const MOST_PATH_CHARACTERS = 4096

/** The two forms of a body that writes attributes. */
const ONE = ref(AttributeBody)
const MANY = ref(AttributesBody)

/** What the framework has against a request, as an error of ours; `undefined` when it is a fault of the server. */
export function requestError(error: unknown, request: FastifyRequest): SojournError | undefined {
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
