// What can a caller do with their own session over HTTP?
import type { Sojourn } from 'sojourn'
import type { RenewAnswer } from 'sojourn/protocol'
import type { App } from '../application.ts'
import { requireToken } from '../require-token.ts'
import { at, described } from '../route-table.ts'
import { Renewal, ref, Session } from '../schemas.ts'
import { instant, sessionAnswer } from '../wire.ts'

/** Adds `GET`, `PATCH` and `DELETE /v1/session`. */
export function addSession(app: App, sso: Sojourn): void {
  app.route({
    ...at('getSession'),
    schema: described('getSession', ref(Session)),
    onRequest: requireToken,
    handler: async ({ caller }) => sessionAnswer(await sso.user.session.getCurrentSession(caller)),
  })

  app.route({
    ...at('renewSession'),
    schema: described('renewSession', ref(Renewal)),
    onRequest: requireToken,
    handler: async ({ caller }): Promise<RenewAnswer> => ({ expirationTime: instant(await sso.user.session.renew(caller)) }),
  })

  app.route({
    ...at('logout'),
    schema: described('logout'),
    onRequest: requireToken,
    handler: async ({ caller }, reply) => {
      await sso.user.logout(caller)
      return reply.status(204).send()
    },
  })
}
