// How are users found and shown?
import type { AttributeSchema } from '../../engine/attributes/schema.ts'
import { authorise, requireSelfOrSuperUser } from '../access/authorise.ts'
import type { Call } from '../access/context.ts'
import { auditText } from '../audit/audit-entry.ts'
import { filledText, flag, text } from '../fields.ts'
import type { Services } from '../services.ts'
import type { Verbs } from '../verb.ts'
import { type Account, accountOf } from './account.ts'
import type { UserApi } from './user-api.ts'
import { userAttributes } from './user-attributes.ts'
import { type UserEntity, userEntity } from './user-entity.ts'
import { userMissing } from './user-writes.ts'
import { usernameKey } from './username.ts'

/** The verbs that read users. */
export function readVerbs<U extends AttributeSchema>(
  services: Services,
  verbs: Verbs,
  schema: U | undefined,
): Pick<UserApi<AttributeSchema, U>, 'getCurrentUser' | 'getUserById' | 'getUserByUsername'> {
  const { verb } = verbs

  function shown(call: Call, account: Account, view: 'own' | 'admin'): UserEntity<U> {
    const { now: _now, entry: _entry, ...facts } = call
    return userEntity(account, view, services.emails, userAttributes(services, verbs, schema, { facts, userId: account.userId }))
  }

  return {
    getCurrentUser: verb('user.get_current_user', { returnAllAttrs: flag(false) }, async (call, { returnAllAttrs }) => {
      const { account } = await authorise(services, call)
      call.entry.target = account.userId
      return shown(call, account, account.isSuperUser || returnAllAttrs ? 'admin' : 'own')
    }),

    getUserById: verb(
      'user.get_user_by_id',
      { userId: filledText, returnAllAttrs: flag(false) },
      async (call, { userId, returnAllAttrs }) => {
        call.entry.target = auditText(userId)
        const caller = await authorise(services, call)
        requireSelfOrSuperUser(caller, userId)
        const account = await services.accounts.now(userId)
        if (account === undefined) throw userMissing()
        return shown(call, account, caller.account.isSuperUser || returnAllAttrs ? 'admin' : 'own')
      },
    ),

    getUserByUsername: verb(
      'user.get_user_by_username',
      { username: text, needsApproved: flag(true) },
      async (call, { username, needsApproved }) => {
        call.entry.actor = 'auto'
        call.entry.target = auditText(username)
        const user = await services.directory.findUser({ usernameKey: usernameKey(username) })
        if (user === undefined || (needsApproved && user.approvalStatus !== 'approved')) return undefined
        call.entry.target = user.userId
        call.entry.details['username'] = user.username
        return shown(call, accountOf(user), 'admin')
      },
    ),
  }
}
