// How are sessions listed, looked at and ended over HTTP, one's own or, by super-users, anybody's?
import { type Sojourn, SojournError } from 'sojourn'
import { Type } from 'typebox'
import type { App } from '../application.ts'
import { requireToken } from '../require-token.ts'
import { at, described } from '../route-table.ts'
import { ref, Session, Sessions } from '../schemas.ts'
import { answerTargetErrors, SessionPath } from '../session-target.ts'
import { CURSOR, PAGE_LIMIT } from '../text-forms.ts'
import { sessionAnswer, sessionsAnswer } from '../wire.ts'

const UserId = Type.Optional(Type.String({ minLength: 1, maxLength: 191, description: "Whose. Default: the caller's own." }))

const ListQuery = Type.Object(
  {
    userId: UserId,
    after: Type.Optional(Type.String({ pattern: CURSOR.pattern, description: "The previous page's `next`." })),
    limit: Type.Optional(Type.String({ pattern: PAGE_LIMIT.pattern, description: '1 to 1000. Default: 100.' })),
  },
  { additionalProperties: false },
)

const EndQuery = Type.Object({ userId: UserId }, { additionalProperties: false })

/** Adds `GET` and `DELETE /v1/sessions` and `/v1/sessions/{id}`. */
export function addSessions(app: App, sso: Sojourn): void {
  const errorHandler = answerTargetErrors(sso)

  app.route({
    ...at('listSessions'),
    schema: { ...described('listSessions', ref(Sessions)), querystring: ListQuery },
    onRequest: requireToken,
    handler: async ({ caller, query: { limit, ...query } }) =>
      sessionsAnswer(
        await sso.user.session.getList({ ...caller, ...query, ...(limit !== undefined && { limit: Number(limit) }) }),
      ),
  })

  app.route({
    ...at('endSessions'),
    schema: { ...described('endSessions'), querystring: EndQuery },
    onRequest: requireToken,
    handler: async ({ caller, query }, reply) => {
      await sso.user.session.endAll({ ...caller, ...query })
      return reply.status(204).send()
    },
  })

  app.route({
    ...at('getSessionById'),
    schema: { ...described('getSessionById', ref(Session)), params: SessionPath },
    onRequest: requireToken,
    errorHandler,
    handler: async ({ caller, params }) => sessionAnswer(await sso.user.session.get({ ...caller, ...params })),
  })

  app.route({
    ...at('endSessionById'),
    schema: { ...described('endSessionById'), params: SessionPath },
    onRequest: requireToken,
    errorHandler,
    handler: async ({ caller, params }, reply) => {
      const wasAlive = await sso.user.session.end({ ...caller, ...params })
      if (!wasAlive) throw gone()
      return reply.status(204).send()
    },
  })
}

/** Nothing is wrong with the caller's own session, so that logging in again would not help. */
function gone(): SojournError {
  return new SojournError('ERR_SESSION_ENDED', 'There is no live session of that id.', {
    fix: 'Check which session the call names; it may have ended meanwhile.',
  })
}
