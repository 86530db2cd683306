// Is this the password of that user, found out by the same work whoever is asked for?
import type { Counters } from '../../engine/store.ts'
import type { StoredUser } from '../directory.ts'
import type { Services } from '../services.ts'
import { usernameKey } from '../users/username.ts'

/** A user who wants to log in, and the counters that were in force before they were read. */
export interface Candidate {
  readonly user: StoredUser
  readonly counters: Counters
}

/** A user id that nobody has. */
const NOBODY = 'zusr-nobody'

/**
 * Finds a user by name, and reads them after their counters: whatever changes about the user from then on moves the counters, and a
 * session that is started expecting them is refused. An unknown name costs the same calls as a known one.
 */
export async function findCandidate(
  { core, directory }: Pick<Services, 'core' | 'directory'>,
  username: string,
): Promise<Candidate | undefined> {
  const key = usernameKey(username)
  const found = await directory.findUser({ usernameKey: key })
  const userId = found?.userId ?? NOBODY
  const counters = await core.store.counters(core.principal(userId))
  const user = await directory.findUser({ userId })
  return user?.usernameKey === key ? { user, counters } : undefined
}

/**
 * Who logs in with that password; `undefined` when nobody may. An unknown name, an account without a password, one that is not approved
 * and a wrong password each cost one hash.
 */
export async function identify(
  services: Pick<Services, 'core' | 'directory' | 'hasher'>,
  username: string,
  password: string,
): Promise<Candidate | undefined> {
  const candidate = await findCandidate(services, username)
  const isRight = await services.hasher.verify(password, candidate?.user.passwordHash ?? undefined)
  return isRight && candidate?.user.approvalStatus === 'approved' ? candidate : undefined
}
