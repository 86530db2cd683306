// How does somebody log in over HTTP?
import type { LoginThrottle, Sojourn } from 'sojourn'
import type { LoginAnswer } from 'sojourn/protocol'
import type { App } from '../application.ts'
import type { LoginGuard } from '../login-guard.ts'
import { at, described } from '../route-table.ts'
import { Login, LoginBody, ref } from '../schemas.ts'
import { instant } from '../wire.ts'

/** No user name and password are longer; a body that is has something else in mind. */
const BODY_LIMIT = 16_384

/** Adds `POST /v1/login`, throttled by network and by account. */
export function addLogin(app: App, sso: Sojourn, guard: LoginGuard): void {
  app.route({
    ...at('login'),
    schema: { ...described('login', ref(Login)), body: ref(LoginBody) },
    bodyLimit: BODY_LIMIT,
    handler: async (request, reply) => {
      const { caller, body } = request
      const throttle: LoginThrottle = (login) => guard.attempt(body.username, caller.remoteAddr, login)
      const result = await sso.user.login({ ...caller, ...body, throttle })
      const answer: LoginAnswer = {
        ust: result.ust,
        userId: result.userId,
        username: result.username,
        creationTime: instant(result.creationTime),
        expirationTime: instant(result.expirationTime),
        warnings: result.warnings,
      }
      return reply.status(201).send(answer)
    },
  })
}
