// How are sessions opened and closed by their users?

import { invalidOption } from '../../engine/error.ts'
import { sessionEnded } from '../access/authorise.ts'
import type { Call } from '../access/context.ts'
import { auditText } from '../audit/audit-entry.ts'
import { type ArgumentsOf, flag, optionalFunction, optionalPassword, optionalText, text } from '../fields.ts'
import type { Services } from '../services.ts'
import type { LoginThrottle, UserApi } from '../users/user-api.ts'
import type { Verbs } from '../verb.ts'
import { login, trustedLogin } from './login.ts'

const LOGIN_FIELDS = {
  username: text,
  password: optionalPassword,
  newPassword: optionalPassword,
  totpCode: optionalText,
  hasRemoteAddr: flag(false),
  hasUserAgent: flag(false),
  skipSec: flag(false),
  throttle: optionalFunction<LoginThrottle>(),
}

const atOnce: LoginThrottle = (login) => login()

/** What the record of a login says, however it ends. */
function noteClaims({ entry, userAgent }: Call, username: string): void {
  entry.target = auditText(username)
  if (userAgent !== '') entry.details['userAgent'] = auditText(userAgent)
}

/** Which login it is, to be begun when its turn has come. */
function readLogin(services: Services, given: Omit<ArgumentsOf<typeof LOGIN_FIELDS>, 'throttle'>) {
  const { skipSec, password, ...args } = given
  if (skipSec) return (call: Call) => trustedLogin(services, call, args)
  if (password === undefined) throw invalidOption('password', 'is missing')
  return (call: Call) => login(services, call, { ...args, password })
}

/** The verbs `login` and `logout`. */
export function loginVerbs(services: Services, { verb }: Verbs): Pick<UserApi, 'login' | 'logout'> {
  return {
    login: verb('user.login', LOGIN_FIELDS, async (call, { throttle = atOnce, ...args }) => {
      noteClaims(call, args.username)
      const begin = readLogin(services, args)
      return throttle(() => begin({ ...call, now: services.core.clock() })) // it may have waited for its turn
    }),

    // Whoever holds the token may end its session: neither the application nor the state of the account matters.
    logout: verb('user.logout', { skipSec: flag(false) }, async ({ currentUst, entry }) => {
      const opened = currentUst === '' ? undefined : await services.core.open(currentUst, { passive: true })
      if (opened?.state !== 'live') throw sessionEnded()
      const { id, principal } = opened.handle.header()
      Object.assign(entry, { actor: principal, target: principal })
      entry.details['session'] = id
      if (!(await services.core.end(id, { reason: 'logout', principal }))) throw sessionEnded()
    }),
  }
}
