// How is a session named in a path, and what if it is not there?
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isSojournError, type Sojourn, SojournError } from 'sojourn'
import { problemOf } from 'sojourn/protocol'
import { Type } from 'typebox'
import type { Caller } from './caller.ts'
import { sendError, sendProblem } from './errors.ts'
import { SESSION_ID } from './text-forms.ts'

/** A path that names a session by its public id. */
export const SessionPath = Type.Object({
  id: Type.String({ pattern: SESSION_ID.pattern, description: 'The public id of a session.' }),
})

/** The id in a path that was checked against {@link SessionPath}. */
export function sessionIdOf(params: unknown): string {
  if (typeof params === 'object' && params !== null && 'id' in params && typeof params.id === 'string') return params.id
  throw new SojournError('ERR_REQUEST_INVALID', '`id` is required.', { errors: [{ field: 'id', reason: 'is required' }] })
}

/**
 * Answers errors of calls that name a session by its id: 404 when that one is gone, and 401 only when the caller's own is, so that nobody
 * throws away a good token because somebody else's session ended, or because a store was away when the caller's own was looked at.
 */
export function answerTargetErrors(sso: Sojourn) {
  return async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (!isSojournError(error, 'ERR_SESSION_ENDED')) return sendError(error, request, reply)
    const own = await failureOfOwn(sso, request.caller)
    if (own !== undefined) return sendError(own, request, reply)
    return sendProblem(reply, { ...problemOf(error, request.id, 'other'), status: 404 })
  }
}

/** What is wrong with the caller's own session; `undefined` for nothing. */
async function failureOfOwn(sso: Sojourn, caller: Caller): Promise<unknown> {
  try {
    await sso.user.session.getCurrentSession(caller)
    return undefined
  } catch (error) {
    return error
  }
}
