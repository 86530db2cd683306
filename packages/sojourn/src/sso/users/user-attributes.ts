// Who may use the named values of a user, each time?
import type { Attributes } from '../../engine/attributes/attributes.ts'
import type { AttributeHome } from '../../engine/attributes/home.ts'
import type { AttributeSchema } from '../../engine/attributes/schema.ts'
import { authorise, requireSelfOrSuperUser } from '../access/authorise.ts'
import type { Call, CallFacts } from '../access/context.ts'
import { auditKept, auditNames } from '../audit/audit-entry.ts'
import type { Services } from '../services.ts'
import { snakeCase } from '../snake-case.ts'
import type { Verbs } from '../verb.ts'

/** The values of a user in the directory, written with the record of the call. */
function userHome({ core, directory }: Services, call: Call, userId: string): AttributeHome {
  return core.ringHome({
    userId,
    read: (want, now) => directory.loadAttributes(userId, want, now),
    async write(changes, limits, now) {
      const audit = call.entry.isWritten ? [] : [call.entry.record('ok', null)]
      const outcome = await directory.updateAttributes(userId, changes, limits, {
        now,
        audit,
        effects: [],
        applyEffects: 'later',
      })
      if (outcome.outcome === 'done') call.entry.isWritten = true
      return outcome
    },
  })
}

/** Who uses the values of which user. */
export interface UserAttributesUse {
  /** The context in which the user was read. Its token is presented again each time. */
  readonly facts: CallFacts
  readonly userId: string
}

/** The verbs on the values of a user; every use authorises the caller anew, and leaves its record. */
export function userAttributes<U extends AttributeSchema>(
  services: Services,
  { again }: Verbs,
  schema: U | undefined,
  { facts, userId }: UserAttributesUse,
): Attributes<U> {
  return services.core.attributes<U>({
    schema,
    run: (verb, names, work, options) =>
      again(`user.attr.${snakeCase(verb)}`, facts, async (call) => {
        call.entry.target = userId
        Object.assign(call.entry.details, { names: auditNames(names), ...auditKept(options) })
        const caller = await authorise(services, call)
        call.entry.details['isSuperUser'] = caller.account.isSuperUser
        requireSelfOrSuperUser(caller, userId)
        return work(userHome(services, call, userId))
      }),
  })
}
