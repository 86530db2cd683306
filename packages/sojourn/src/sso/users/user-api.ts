// What can be done with users?
import type { AttributeSchema } from '../../engine/attributes/schema.ts'
import type { Millis, Seconds } from '../../engine/time.ts'
import type { CallContext } from '../access/context.ts'
import type { SignUpStatus } from '../directory.ts'
import type { SessionApi } from '../sessions/session-api.ts'
import type { UserEntity } from './user-entity.ts'

/** What a new account is made of. */
export interface NewUserData {
  /** 1 to `signup.maxLengthUsername` characters without whitespace or control characters. Unique, whatever its case. */
  readonly username: string
  /** Omitted: nobody can log in until a password is set. */
  readonly password?: string | undefined
  /** Whether it must be replaced at the first login. Default: `false`. */
  readonly passwordMustChange?: boolean | undefined
  /** Sealed by the key ring unless `main.encryptEmail` is off. Default: `null`. */
  readonly email?: string | null | undefined
  /** Default: the other three names, joined by spaces. */
  readonly displayName?: string | undefined
  readonly firstName?: string | undefined
  readonly middleName?: string | undefined
  readonly lastName?: string | undefined
  /** Default: `false`. */
  readonly isLocked?: boolean | undefined
  /** Default: `final`. Super-users are always `final`. */
  readonly signUpStatus?: SignUpStatus | undefined
  /** The applications this user may use, each of `apps.all`; `null` for all. Default: `null`. */
  readonly appList?: readonly string[] | null | undefined
  /** Only `false`: two-factor login cannot be turned on. */
  readonly isTotpEnabled?: boolean | undefined
}

/** Makes an account. */
export interface CreateUserCall extends CallContext {
  readonly data: NewUserData
  /** Whether the caller must be a super-user. `false` is for trusted code alone. Default: `true`. */
  readonly requireSuperUser?: boolean | undefined
  /** Whether the account is approved at once, also where `signup.isApprovalNeeded`. Default: `false`. */
  readonly autoApprove?: boolean | undefined
  /** Refuses with `ERR_USER_EXISTS` when there is any user at all: of two first starts, one makes the first user. Default: `false`. */
  readonly onlyWhenEmpty?: boolean | undefined
}

/** Names a user. */
export interface UserIdCall extends CallContext {
  readonly userId: string
}

/** Changes the standing of an account: locks, unlocks, approves or rejects it. */
export interface StateCall extends UserIdCall {
  /** Whether the caller must be a super-user. `false` is for trusted code alone. Default: `true`. */
  readonly requireSuperUser?: boolean | undefined
  /** Who is recorded to have done it where nobody had to be logged in. Default: `auto`. */
  readonly currentUser?: string | undefined
}

/** Changes a password by somebody who is logged in. */
export interface ChangePasswordData {
  /** Required for one's own. */
  readonly oldPassword?: string | undefined
  readonly newPassword: string
  /** Whose; default: one's own. Another's: super-users only. */
  readonly userId?: string | undefined
  /** How long the new password is valid from now; `null` for ever. Super-users only. Unit: seconds. Default: `password.expiry`. */
  readonly passwordExpiry?: Seconds | null | undefined
  /** Whether it must be replaced at the next login. Super-users only. Default: `false` for one's own, otherwise what is there. */
  readonly mustChange?: boolean | undefined
  /** The same. */
  readonly passwordMustChange?: boolean | undefined
}

/** Changes a password by somebody who is logged in. */
export interface ChangePasswordCall extends CallContext {
  readonly data: ChangePasswordData
  /** Whether the caller's own session survives the change of their own password, under a new token. Default: `false`. */
  readonly keepCurrent?: boolean | undefined
}

/** Sets a password. */
export interface SetPasswordCall extends UserIdCall {
  readonly password: string
  /** Whether it must be replaced at the next login. Omitted: what is there. */
  readonly mustChange?: boolean | null | undefined
  /** How long it is valid from now; `null` for ever. Unit: seconds. Default: `password.expiry`. */
  readonly passwordExpiry?: Seconds | null | undefined
}

/** Opens a session. */
export interface LoginCall extends CallContext {
  readonly username: string
  readonly password?: string | undefined
  /** Replaces a password that expired or must be changed; ignored otherwise. */
  readonly newPassword?: string | undefined
  readonly totpCode?: string | undefined
  /** Whether `remoteAddr` was given by the application rather than seen: only for those in `apps.loginMetadataAllowed`. */
  readonly hasRemoteAddr?: boolean | undefined
  /** The same for `userAgent`. */
  readonly hasUserAgent?: boolean | undefined
  /** Opens a session without a password or any check of the account. For trusted code alone. Default: `false`. */
  readonly skipSec?: boolean | undefined
  /**
   * Limits attempts: runs the login and answers what that does, or throws instead, such as `ERR_RATE_LIMITED`. Either way the call leaves its
   * audit record. Default: runs it at once.
   */
  readonly throttle?: LoginThrottle | undefined
}

/** Runs a login when its turn has come; what it throws is how the login ends. */
export type LoginThrottle = (login: () => Promise<LoginResult>) => Promise<LoginResult>

/** A new session. */
export interface LoginResult {
  /** The token. It is told only here. */
  readonly ust: string
  readonly userId: string
  readonly username: string
  /** Epoch milliseconds. */
  readonly creationTime: Millis
  /** Epoch milliseconds. */
  readonly expirationTime: Millis
  /** Sub-status codes such as `W003005`: the password is about to expire. */
  readonly warnings: readonly string[]
}

/**
 * What can be done with users. Every call may throw `ERR_OPTION_INVALID` and `ERR_STORE_UNAVAILABLE`, and every call of a logged-in
 * caller `ERR_SESSION_ENDED`, `ERR_APP_REFUSED`, `ERR_ACCESS_DENIED`, `ERR_USER_LOCKED`, `ERR_USER_NOT_READY`, `ERR_PASSWORD_EXPIRED`.
 * Errors that say something about an account are {@link ValidationError}s.
 */
export interface UserApi<S extends AttributeSchema = AttributeSchema, U extends AttributeSchema = AttributeSchema> {
  readonly session: SessionApi<S>
  /**
   * Makes a regular user. Super-users only.
   *
   * @returns the user id.
   * @throws {ValidationError} `ERR_USER_EXISTS`, `ERR_PASSWORD_REFUSED`; `ERR_OPTION_INVALID` with E001001, E001003, E001004 for the name.
   * @throws {SojournError} `ERR_KEY_MISSING` for an address without a key to seal it.
   */
  createUser(call: CreateUserCall): Promise<string>
  /** Makes a super-user, under the rules of {@link UserApi.createUser}. */
  createSuperUser(call: CreateUserCall): Promise<string>
  /** The caller. `returnAllAttrs` tells the administrative fields to trusted code whoever is calling. */
  getCurrentUser(call?: CallContext & { readonly returnAllAttrs?: boolean | undefined }): Promise<UserEntity<U>>
  /**
   * Any user. Super-users only; one's own id also for regular users.
   *
   * @throws {ValidationError} `ERR_USER_MISSING`
   */
  getUserById(call: UserIdCall & { readonly returnAllAttrs?: boolean | undefined }): Promise<UserEntity<U>>
  /**
   * Looks a user up for trusted code: asks nobody's right. The values in `attr` still do.
   *
   * @param call.needsApproved whether users who are not approved count as missing. Default: `true`.
   * @returns `undefined` when there is none.
   */
  getUserByUsername(
    call: CallContext & { readonly username: string; readonly needsApproved?: boolean | undefined },
  ): Promise<UserEntity<U> | undefined>
  /**
   * Locks an account and ends its sessions for good. Super-users only, and not their own.
   *
   * @throws {ValidationError} `ERR_USER_MISSING`; `ERR_ACCESS_DENIED` (E008001) for one's own, and for the last super-user.
   */
  lockUser(call: StateCall): Promise<void>
  /**
   * Unlocks an account; its former sessions stay ended. Super-users only.
   *
   * @throws {ValidationError} `ERR_USER_MISSING`
   */
  unlockUser(call: StateCall): Promise<void>
  /**
   * Approves an account. Super-users only.
   *
   * @throws {ValidationError} `ERR_USER_MISSING`
   */
  approveUser(call: StateCall): Promise<void>
  /**
   * Rejects an account and ends its sessions for good. Super-users only, and not their own.
   *
   * @throws {ValidationError} `ERR_USER_MISSING`; `ERR_ACCESS_DENIED` (E008001) for one's own, and for the last super-user.
   */
  rejectUser(call: StateCall): Promise<void>
  /**
   * Removes a user with everything that belongs to them. Super-users only, and not their own.
   *
   * @param call.skipSec asks nobody's right: for trusted code alone. Default: `false`.
   * @throws {ValidationError} `ERR_USER_MISSING`; `ERR_ACCESS_DENIED` (E008001) for one's own, and for the last super-user.
   */
  deleteUserById(call: UserIdCall & { readonly skipSec?: boolean | undefined }): Promise<void>
  /** The same, by user name. */
  deleteUserByUsername(call: CallContext & { readonly username: string; readonly skipSec?: boolean | undefined }): Promise<void>
  /**
   * Changes one's own password, or for super-users anybody's, and ends the sessions of its owner for good.
   *
   * @returns the caller's new token with `keepCurrent`, otherwise `null`.
   * @throws {ValidationError} `ERR_CREDENTIALS_INVALID` for a wrong old password, `ERR_PASSWORD_REFUSED`, `ERR_USER_MISSING`.
   */
  changePassword(call: ChangePasswordCall): Promise<{ readonly ust: string | null }>
  /**
   * Sets a password for trusted code: asks nobody's right. Ends the user's sessions for good.
   *
   * @throws {ValidationError} `ERR_PASSWORD_REFUSED`, `ERR_USER_MISSING`
   */
  setPassword(call: SetPasswordCall): Promise<void>
  /**
   * Whether a password is acceptable.
   *
   * @throws {ValidationError} `ERR_PASSWORD_REFUSED` with E003001, E003002, E003003 or E003008.
   */
  validatePassword(call: CallContext & { readonly password: string }): Promise<void>
  /**
   * Opens a session.
   *
   * An unknown name, a wrong password and whatever may not be told answer the same, after the same work.
   *
   * @throws {ValidationError} `ERR_CREDENTIALS_INVALID`, `ERR_APP_REFUSED`, `ERR_USER_LOCKED`, `ERR_USER_NOT_READY`, `ERR_PASSWORD_EXPIRED`,
   * `ERR_PASSWORD_REFUSED` (of `newPassword`), `ERR_ACCESS_DENIED` (E005008, E006001).
   * @throws {SojournError} `ERR_RATE_LIMITED` when more passwords wait to be checked than can be in time; whatever `throttle` throws.
   */
  login(call: LoginCall): Promise<LoginResult>
  /**
   * Ends the caller's session, whatever became of its owner.
   *
   * @throws {SojournError} `ERR_SESSION_ENDED` when there is no such session.
   */
  logout(call: CallContext & { readonly skipSec?: boolean | undefined }): Promise<void>
}
