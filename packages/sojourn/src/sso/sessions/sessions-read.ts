// How are sessions found, shown and verified?
import type { AttributeSchema } from '../../engine/attributes/schema.ts'
import { readAssurance, requireAssurance } from '../../engine/session/assurance.ts'
import { type AuthoriseOptions, authorise, type Caller, targetEnded } from '../access/authorise.ts'
import type { Call } from '../access/context.ts'
import { isValidationError } from '../access/validation-error.ts'
import { anything, flag, optionalSessionId, optionalText } from '../fields.ts'
import type { Services } from '../services.ts'
import type { Verbs } from '../verb.ts'
import type { SessionApi } from './session-api.ts'
import { sessionAttributes } from './session-attributes.ts'
import { type CurrentSession, type SessionEntity, sessionEntity } from './session-entity.ts'
import { findTarget, noteTarget, type Target } from './session-target.ts'

const GET_FIELDS = { targetUst: optionalText, id: optionalSessionId, checkIfPasswordExpired: flag(true) }

/** The verbs that read one session. */
export function sessionReadVerbs<S extends AttributeSchema>(
  services: Services,
  verbs: Verbs,
  schema: S | undefined,
): Pick<SessionApi<S>, 'get' | 'verify' | 'getCurrentSession' | 'requireLogin' | 'requireSuperUser'> {
  const { verb } = verbs

  function shown(call: Call, { handle, owner, isOwn }: Target): SessionEntity<S> {
    const { now: _now, entry: _entry, ...facts } = call
    const attr = sessionAttributes(services, verbs, schema, { facts, target: handle, isOwn })
    return sessionEntity(handle.header(), owner?.username ?? null, attr)
  }

  function currentOf(call: Call, { account, handle }: Caller): CurrentSession<S> {
    const { userId, username, isSuperUser } = account
    return { ...shown(call, { handle, owner: account, isOwn: true }), userId, username, isSuperUser }
  }

  async function current(call: Call, options: AuthoriseOptions): Promise<CurrentSession<S>> {
    const caller = await authorise(services, call, options)
    call.entry.target = caller.account.userId
    return currentOf(call, caller)
  }

  /** Whether a session of a user is usable; whatever is wrong with it or its owner, it is not. */
  async function isUsable(call: Call, caller: Caller, targetUst: string): Promise<boolean> {
    try {
      return (await findTarget(services, call, caller, { targetUst })).owner !== undefined
    } catch (error) {
      if (isValidationError(error)) return false
      throw error
    }
  }

  return {
    get: verb('session.get', GET_FIELDS, async (call, name) => {
      noteTarget(call, name)
      const caller = await authorise(services, call)
      if (name.id === undefined && (name.targetUst ?? '') === '') throw targetEnded()
      return shown(call, await findTarget(services, call, caller, name))
    }),

    verify: verb('session.verify', { targetUst: optionalText }, async (call, { targetUst = '' }) => {
      noteTarget(call, { targetUst })
      const caller = await authorise(services, call, { superUser: true })
      if (targetUst === '') throw targetEnded()
      const isValid = await isUsable(call, caller, targetUst)
      call.entry.details['isValid'] = isValid
      return isValid
    }),

    getCurrentSession: verb('session.get_current_session', { needsSuperUser: flag(false) }, (call, { needsSuperUser }) =>
      current(call, { superUser: needsSuperUser }),
    ),

    requireLogin: verb('session.require_login', { within: anything, methods: anything }, async (call, asked) => {
      const assurance = readAssurance(asked)
      const caller = await authorise(services, call)
      call.entry.target = caller.account.userId
      requireAssurance(caller.handle.header().details, assurance, call.now)
      return currentOf(call, caller)
    }),

    requireSuperUser: verb('session.require_super_user', {}, (call) => current(call, { superUser: true })),
  }
}
