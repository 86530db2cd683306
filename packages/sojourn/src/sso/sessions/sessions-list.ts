// Which sessions does a user have?
import { requireLimit } from '../../engine/check.ts'
import { invalidOption } from '../../engine/error.ts'
import type { SessionInfo } from '../../engine/session/session.ts'
import { authorise, type Caller, requireSelfOrSuperUser } from '../access/authorise.ts'
import type { Call } from '../access/context.ts'
import { auditText } from '../audit/audit-entry.ts'
import { type Field, optionalText } from '../fields.ts'
import type { Services } from '../services.ts'
import { userMissing } from '../users/user-writes.ts'
import type { Verbs } from '../verb.ts'
import type { SessionApi, SessionListEntry } from './session-api.ts'
import { sessionFacts } from './session-facts.ts'
import { findTarget, noteTarget } from './session-target.ts'

const limit: Field<number> = (value) => requireLimit(value)

const LIST_FIELDS = { targetUst: optionalText, userId: optionalText, after: optionalText, limit }

function entryOf(session: SessionInfo, username: string): SessionListEntry {
  return {
    ...sessionFacts(session, username),
    authType: session.details.authType,
    authPrincipal: username,
    sessionStateChangeList: session.history.map(({ at, source, ...from }) => ({ ...from, timestampUtc: at, ctxSource: source })),
  }
}

/** The verb that lists sessions. */
export function sessionListVerbs(services: Services, { verb }: Verbs): Pick<SessionApi, 'getList'> {
  /** Whose sessions are listed, when the caller may see them. */
  async function owner(call: Call, caller: Caller, targetUst: string | undefined, userId: string | undefined) {
    if (targetUst !== undefined) {
      const target = await findTarget(services, call, caller, { targetUst })
      if (target.owner === undefined) throw userMissing()
      return target.owner
    }
    if (userId === undefined || userId === caller.account.userId) return caller.account
    requireSelfOrSuperUser(caller, userId)
    const account = await services.accounts.now(userId)
    if (account === undefined) throw userMissing()
    return account
  }

  return {
    getList: verb('session.get_list', LIST_FIELDS, async (call, { targetUst, userId, after, limit: most }) => {
      if (targetUst !== undefined && userId !== undefined) throw invalidOption('userId', 'must not be given with `targetUst`')
      if (userId !== undefined) call.entry.target = auditText(userId)
      noteTarget(call, { targetUst })
      const caller = await authorise(services, call)
      const account = await owner(call, caller, targetUst, userId)
      call.entry.target = account.userId
      const page = await services.sessions.list({ principal: account.userId, after, limit: most })
      const entries = page.items.map((item) => entryOf(item, account.username))
      return Object.assign(entries, page.next === undefined ? {} : { next: page.next })
    }),
  }
}
