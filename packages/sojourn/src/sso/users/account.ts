// What is remembered of a user between calls?
import type { Directory, StoredUser } from '../directory.ts'
import { type LoadedUser, type LoadUser, readLoadedUser } from './load-user.ts'

/** A user without what could be used to become them: no password hash, no second factor. */
export interface Account extends Omit<StoredUser, 'passwordHash' | 'totpKey' | 'totpLastStep'> {
  readonly passwordIsSet: boolean
}

/** Finds users by their id. */
export interface Accounts {
  /**
   * A user as they were at that version of theirs or later; `undefined` when there is none.
   *
   * @param version the principal's, as a session store answered it. It moves with every change of the record, so that what is
   * remembered under it is never stale.
   */
  at(userId: string, version: number): Promise<Account | undefined>
  /** A user as they are now. */
  now(userId: string): Promise<Account | undefined>
}

/** How many users are remembered; who was not asked for the longest time goes first. */
const MOST_REMEMBERED = 10_000

/** A list of applications as it may be remembered and told: what is told is what decides. */
function fixed(appList: StoredUser['appList']): StoredUser['appList'] {
  return appList === null ? null : Object.freeze([...appList])
}

/** What of a stored user may be remembered. */
export function accountOf(user: StoredUser): Account {
  const { passwordHash, totpKey: _key, totpLastStep: _step, ...rest } = user
  return { ...rest, appList: fixed(user.appList), passwordIsSet: passwordHash !== null }
}

/** A user of the application's own records: final, approved, without a password of ours. */
function accountElsewhere(userId: string, loaded: LoadedUser): Account {
  const { username, isSuperUser = false, isLocked = false, appList } = readLoadedUser(loaded)
  return {
    userId,
    username,
    usernameKey: username,
    isSuperUser,
    isInternal: false,
    isLocked,
    lockedTime: null,
    lockedBy: null,
    approvalStatus: 'approved',
    approvalStatusModTime: 0,
    approvalStatusModBy: 'auto',
    signUpStatus: 'final',
    signUpTime: 0,
    signUpConfirmTime: null,
    creationCtx: '{}',
    passwordIsSet: false,
    passwordMustChange: false,
    passwordLastSet: null,
    passwordExpiry: null,
    email: null,
    emailKey: null,
    displayName: '',
    firstName: '',
    middleName: '',
    lastName: '',
    appList: fixed(appList),
    isTotpEnabled: false,
    totpLabel: null,
    isRateLimitActive: false,
    rateLimitDef: null,
  }
}

/** Finds users in the directory, remembering them by id and version. */
export function createAccounts(directory: Pick<Directory, 'findUser'>, loadUser: LoadUser | undefined): Accounts {
  const remembered = new Map<string, { readonly version: number; readonly account: Account }>()

  async function now(userId: string): Promise<Account | undefined> {
    const user = await directory.findUser({ userId })
    if (user !== undefined) return accountOf(user)
    const loaded = (await loadUser?.(userId)) ?? undefined
    return loaded === undefined ? undefined : accountElsewhere(userId, loaded)
  }

  function remember(userId: string, version: number, account: Account): void {
    const known = remembered.get(userId)
    if (known !== undefined && known.version > version) return
    remembered.delete(userId)
    remembered.set(userId, { version, account })
    const [oldest] = remembered.keys()
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest)
  }

  return {
    now,
    async at(userId, version) {
      const known = remembered.get(userId)
      const account = known?.version === version ? known.account : await now(userId)
      if (account !== undefined) remember(userId, version, account)
      return account
    },
  }
}
