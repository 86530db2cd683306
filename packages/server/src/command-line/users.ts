// How does a command find users?
import { type Directory, type Sojourn, SojournError, type UserEntity } from 'sojourn'
import type { Caller } from './actor.ts'

/** How many users are read at a time. */
const PAGE = 500

/** What a list tells about a user. */
export interface UserSummary {
  readonly userId: string
  readonly username: string
  readonly isSuperUser: boolean
  readonly isLocked: boolean
  readonly approvalStatus: string
  readonly signUpStatus: string
}

/** Through what, and as whom, a command asks. */
interface Callable {
  readonly sso: Sojourn
  readonly caller: Caller
}

/** A user by name, approved or not. Throws `ERR_USER_MISSING`. */
export async function findUser({ sso, caller }: Callable, username: string): Promise<UserEntity> {
  const user = await sso.user.getUserByUsername({ ...caller, username, needsApproved: false })
  if (user === undefined) throw new SojournError('ERR_USER_MISSING', `There is no user ${username}.`)
  return user
}

/** All users by name. */
export async function listUsers(directory: Directory): Promise<readonly UserSummary[]> {
  const found: UserSummary[] = []
  let after: string | undefined
  do {
    const page = await directory.listUsers({ limit: PAGE, ...(after !== undefined && { after }) })
    for (const { userId, username, isSuperUser, isLocked, approvalStatus, signUpStatus } of page.items) {
      found.push({ userId, username, isSuperUser, isLocked, approvalStatus, signUpStatus })
    }
    after = page.next
  } while (after !== undefined)
  return found
}
