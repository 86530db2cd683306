// Does a request bring a token at all? Whether it is worth anything is for the SSO face to say.
import type { FastifyRequest } from 'fastify'
import { SojournError } from 'sojourn'

/** Refuses a request without a token before its body is read. */
export async function requireToken(request: FastifyRequest): Promise<void> {
  if (request.caller.currentUst === undefined) {
    throw new SojournError('ERR_SESSION_ENDED', 'The request has no token.', {
      fix: 'Log in, and send `Authorization: Bearer TOKEN`.',
    })
  }
}
