// How is a user removed?

import { authorise } from '../access/authorise.ts'
import { requireApp } from '../access/checks.ts'
import type { Call } from '../access/context.ts'
import { auditText } from '../audit/audit-entry.ts'
import { filledText, flag, text } from '../fields.ts'
import type { Services } from '../services.ts'
import type { Verbs } from '../verb.ts'
import type { UserApi } from './user-api.ts'
import { operationRefused, userMissing } from './user-writes.ts'
import { usernameKey } from './username.ts'

/** The verbs that remove users. */
export function deletionVerbs(services: Services, { verb }: Verbs): Pick<UserApi, 'deleteUserById' | 'deleteUserByUsername'> {
  /** Who removes: the super-user who calls, or nobody where trusted code does. */
  async function remover(call: Call, skipSec: boolean): Promise<string | undefined> {
    if (!skipSec) return (await authorise(services, call, { superUser: true })).account.userId
    requireApp(call, services.settings)
    call.entry.actor = 'auto'
    return undefined
  }

  async function remove(call: Call, by: string | undefined, userId: string): Promise<void> {
    if (by === userId) throw operationRefused('Nobody may delete their own account.', 'Ask another super-user.')
    await services.writes.remove(call, userId)
  }

  return {
    deleteUserById: verb(
      'user.delete_user_by_id',
      { userId: filledText, skipSec: flag(false) },
      async (call, { userId, skipSec }) => {
        call.entry.target = auditText(userId)
        await remove(call, await remover(call, skipSec), userId)
      },
    ),

    deleteUserByUsername: verb(
      'user.delete_user_by_username',
      { username: text, skipSec: flag(false) },
      async (call, { username, skipSec }) => {
        call.entry.target = auditText(username)
        const by = await remover(call, skipSec)
        const user = await services.directory.findUser({ usernameKey: usernameKey(username) })
        if (user === undefined) throw userMissing()
        call.entry.target = user.userId
        call.entry.details['username'] = user.username
        await remove(call, by, user.userId)
      },
    ),
  }
}
