// Who may use the named values of a session, each time?
import type { Attributes, AttributeVerb } from '../../engine/attributes/attributes.ts'
import type { AttributeSchema } from '../../engine/attributes/schema.ts'
import type { OpenOptions, SessionHandle } from '../../engine/core.ts'
import { authorise, requireSelfOrSuperUser } from '../access/authorise.ts'
import type { CallFacts } from '../access/context.ts'
import { auditKept, auditNames } from '../audit/audit-entry.ts'
import type { Services } from '../services.ts'
import { snakeCase } from '../snake-case.ts'
import type { Verbs } from '../verb.ts'

/** Verbs that change nothing. */
const READS: ReadonlySet<AttributeVerb> = new Set(['get', 'getMany', 'exists', 'existsMany', 'names', 'toDict'])

/** A list longer than what a session may hold names what is not there, and would be compared with all of itself: nothing is read along for it. */
const MOST_READ_ALONG = 2000

/** What a verb on the caller's own session needs of it, so that authorising it and reading for it are one store call. */
function wantedBy(verb: AttributeVerb, names: readonly string[]): OpenOptions['want'] {
  if (names.length > MOST_READ_ALONG) return 'header'
  switch (verb) {
    case 'names':
    case 'toDict':
      return 'all'
    case 'get':
    case 'getMany':
    case 'exists':
    case 'existsMany':
    case 'update':
      return names
    default:
      return 'header'
  }
}

/** Who uses the values of which session. */
export interface SessionAttributesUse {
  /** The context in which the session was read. Its token is presented again each time. */
  readonly facts: CallFacts
  /** The session as it was found. */
  readonly target: SessionHandle
  /** Whether it is the caller's own, so that authorising reads it anyway. */
  readonly isOwn: boolean
}

/** The verbs on the values of a session; every use authorises the caller anew, and leaves its record. */
export function sessionAttributes<S extends AttributeSchema>(
  services: Services,
  { again }: Verbs,
  schema: S | undefined,
  { facts, target, isOwn }: SessionAttributesUse,
): Attributes<S> {
  const owner = target.header().principal
  return services.core.attributes<S>({
    schema,
    run: (verb, names, work, options) =>
      again(`session.attr.${snakeCase(verb)}`, facts, async (call) => {
        call.entry.target = owner
        Object.assign(call.entry.details, { session: target.id, names: auditNames(names), ...auditKept(options) })
        const along = { want: wantedBy(verb, names), isWrittenNext: !READS.has(verb) }
        const caller = await authorise(services, call, isOwn ? along : {})
        call.entry.details['isSuperUser'] = caller.account.isSuperUser
        if (!isOwn) requireSelfOrSuperUser(caller, owner)
        return work(isOwn ? caller.handle : target)
      }),
  })
}
