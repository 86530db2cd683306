// How is input refused that a route does not take?
import type { FastifyRequest, RouteOptions } from 'fastify'
import { type FieldError, SojournError } from 'sojourn'
import { Type } from 'typebox'
import { unknownField } from './field-errors.ts'

const NOTHING = Type.Object({}, { additionalProperties: false })

/** Closes whatever a new route leaves open: a query and a body that it says nothing about are taken by none. A hook for `onRoute`. */
export function closeRoute(route: RouteOptions): void {
  const schema = route.schema ?? {}
  route.schema = { ...schema, querystring: schema.querystring ?? NOTHING }
  if (schema.body === undefined) route.preValidation = [refuseBody, ...[route.preValidation ?? []].flat()]
}

/** A body of a method without one is left unread by the framework: that it is there shows in the headers. */
async function refuseBody({ body, headers }: FastifyRequest): Promise<void> {
  const isUnread = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (body === undefined && !isUnread) return
  const errors =
    typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.keys(body).map(unknownField) : [UNWANTED]
  const [first] = errors
  if (first !== undefined) throw new SojournError('ERR_REQUEST_INVALID', `\`${first.field}\` ${first.reason}.`, { errors })
}

const UNWANTED: FieldError = { field: 'body', reason: 'must be left out' }
