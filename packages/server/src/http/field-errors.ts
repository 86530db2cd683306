// What is wrong with a request, field by field, in words for whoever wrote it?
import type { FastifySchemaValidationError } from 'fastify'
import type { FieldError } from 'sojourn'
import { TEXT_FORMS } from './text-forms.ts'

/** The most fields that one answer names. */
const MOST_ERRORS = 50

/** The most characters of a field's name that are sent back: the client chose it. */
const MOST_FIELD_CHARACTERS = 200

/** What JSON calls its kinds, as people call them. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
}

/** The reasons by the keyword of the schema that was not met. */
const REASONS: Readonly<Record<string, (params: FastifySchemaValidationError['params']) => string>> = {
  required: () => 'is required',
  additionalProperties: () => 'is not known here',
  type: ({ type }) => `must be ${[type].flat().map(kindOf).join(' or ')}`,
  pattern: ({ pattern }) => `must be ${TEXT_FORMS.find((form) => form.pattern === pattern)?.words ?? 'text of another form'}`,
  exclusiveMinimum: ({ limit }) => `must be greater than ${limit}`,
  maximum: ({ limit }) => `must be at most ${limit}`,
  minLength: () => 'must not be empty',
  maxLength: ({ limit }) => `must have at most ${limit} characters`,
  minItems: ({ limit }) => `must hold at least ${limit} item`,
  maxItems: ({ limit }) => `must hold at most ${limit} items`,
  minProperties: ({ limit }) => `must hold at least ${limit} of the fields that are known here`,
}

/** Turns what is wrong with one part of a request into fields and reasons, each once. */
export function fieldErrors(found: readonly FastifySchemaValidationError[], part: string): readonly FieldError[] {
  const unique = new Map(found.map((error) => fieldError(error, part)).map((one) => [`${one.field} ${one.reason}`, one]))
  return [...unique.values()].slice(0, MOST_ERRORS)
}

/** A field that a call does not know. */
export function unknownField(name: string): FieldError {
  return { field: name.slice(0, MOST_FIELD_CHARACTERS), reason: 'is not known here' }
}

function fieldError({ instancePath, keyword, params }: FastifySchemaValidationError, part: string): FieldError {
  const steps = instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last =
    keyword === 'required'
      ? params['missingProperty']
      : keyword === 'additionalProperties'
        ? params['additionalProperty']
        : undefined
  const field = [...steps, ...(typeof last === 'string' ? [last] : [])].reduce(
    (path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : path === '' ? step : `${path}.${step}`),
    '',
  )
  const reason = REASONS[keyword]?.(params) ?? 'is not valid'
  return { field: (field === '' ? part : field).slice(0, MOST_FIELD_CHARACTERS), reason }
}

function kindOf(type: unknown): string {
  return KINDS[String(type)] ?? String(type)
}
