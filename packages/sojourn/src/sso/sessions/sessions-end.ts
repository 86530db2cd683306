// How are sessions prolonged and ended by those who may?
import { invalidOption } from '../../engine/error.ts'
import { isSessionId } from '../../engine/id.ts'
import type { SessionId } from '../../engine/store.ts'
import { authorise, requireSelfOrSuperUser } from '../access/authorise.ts'
import { auditText } from '../audit/audit-entry.ts'
import { type Field, flag, optionalText } from '../fields.ts'
import type { Services } from '../services.ts'
import { userMissing } from '../users/user-writes.ts'
import type { Verbs } from '../verb.ts'
import type { SessionApi } from './session-api.ts'
import { chosenExpiry } from './session-expiry.ts'
import { isSessionOf } from './session-target.ts'

const sessionId: Field<SessionId> = (value, name) => {
  if (!isSessionId(value)) throw invalidOption(name, 'must be the id of a session')
  return value
}

/** The verbs that change how long sessions live. */
export function sessionEndVerbs(services: Services, { verb }: Verbs): Pick<SessionApi, 'renew' | 'end' | 'endAll'> {
  const { core, sessions } = services

  return {
    renew: verb('session.renew', {}, async (call) => {
      const { account, handle } = await authorise(services, call, { isWrittenNext: true })
      const { now: at, remoteAddr, userAgent } = call
      call.entry.target = account.userId
      await handle.renew({
        expiry: await chosenExpiry(services, account.username, call.currentApp),
        interaction: { at, remoteAddr, userAgent, source: 'renew' },
      })
      return handle.header().expiresAt
    }),

    end: verb('session.end', { id: sessionId }, async (call, { id }) => {
      call.entry.details['session'] = id
      const caller = await authorise(services, call)
      const isOwn = isSessionOf(services, caller.account.userId, id)
      requireSelfOrSuperUser(caller, isOwn ? caller.account.userId : null)
      // Whose it was is for the record; the id tells it only of the caller's own.
      call.entry.target = isOwn ? caller.account.userId : ((await core.openById(id))?.header().principal ?? null)
      return sessions.end(id)
    }),

    endAll: verb('session.end_all', { userId: optionalText, keepCurrent: flag(false) }, async (call, { userId, keepCurrent }) => {
      if (userId !== undefined) call.entry.target = auditText(userId)
      const caller = await authorise(services, call)
      const principal = userId ?? caller.account.userId
      call.entry.target = auditText(principal)
      requireSelfOrSuperUser(caller, principal)
      // A mistyped id must not look like a success.
      if (principal !== caller.account.userId && (await services.accounts.now(principal)) === undefined) throw userMissing()
      await sessions.revoke(keepCurrent ? { principal, except: caller.handle.id } : { principal })
    }),
  }
}
