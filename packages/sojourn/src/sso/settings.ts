// Which settings are there, and what is in force?
import type { Seconds } from '../engine/time.ts'

/** Applications. A plain list stands for `all`. */
export interface AppsOptions {
  /** Every known application. Default: `['CRM']`. */
  readonly all?: readonly string[] | undefined
  /** Those one may log in from. Default: all. */
  readonly loginAllowed?: readonly string[] | undefined
  /** Those that may pass on a client's address and user agent at login. Default: none. */
  readonly loginMetadataAllowed?: readonly string[] | undefined
  /** Whether E004001 may be told. Default: `true`. */
  readonly informIfAppInvalid?: boolean | undefined
}

/** What login checks and tells. Flags decide what may be told, never what is allowed. */
export interface LoginOptions {
  /** Whether users who are not in `userAddressList` are refused. Default: `false`. */
  readonly rejectIfNotListed?: boolean | undefined
  /** Whether E005002 may be told. Default: `true`. */
  readonly informIfLocked?: boolean | undefined
  /** Whether E005003 may be told of a sign-up that is not final. Default: `true`. */
  readonly informIfNotConfirmed?: boolean | undefined
  /** Whether E005003 may be told of an account that is not approved. Default: `true`. */
  readonly informIfNotApproved?: boolean | undefined
  /** Whether E005008 may be told. Default: `true`. */
  readonly informIfTotpMissing?: boolean | undefined
}

/** Rules for passwords. */
export interface PasswordOptions {
  /** How long a password is valid; `null` for ever. Unit: seconds. Default: `63072000` (730 days). */
  readonly expiry?: Seconds | null | undefined
  /** How long before that it is about to expire. Unit: seconds. Default: `2592000` (30 days). */
  readonly aboutToExpireThreshold?: Seconds | undefined
  /** Whether E003004 may be told. Default: `false`. */
  readonly informIfExpired?: boolean | undefined
  /** `true`: a password about to expire is a warning (W003005). `false`: it must be replaced at login (E003006, not told). Default: `true`. */
  readonly informIfAboutToExpire?: boolean | undefined
  /** Whether E003007 may be told. Default: `true`. */
  readonly informIfMustBeChanged?: boolean | undefined
  /** Whether E003001, E003002, E003003 and E003008 may be told. Default: `true`. */
  readonly informIfInvalid?: boolean | undefined
  /** Unit: code points. Default: `8`. */
  readonly minLength?: number | undefined
  /** Unit: code points. At least 64. Default: `256`. */
  readonly maxLength?: number | undefined
  /** The least rating by `passwordStrength`, 0 to 4; 0 asks for none. Default: `0`. */
  readonly minComplexity?: number | undefined
  /** What no password may contain, whatever its case. Default: 24 common fragments. */
  readonly rejectList?: readonly string[] | undefined
}

/** New accounts. */
export interface SignupOptions {
  /** Whether new accounts await a decision. Default: `true`. */
  readonly isApprovalNeeded?: boolean | undefined
  /** Unit: characters. 1 to 128. Default: `128`. */
  readonly maxLengthUsername?: number | undefined
}

/** What an expiry hook is told. */
export interface ExpiryHookInput {
  readonly username: string
  readonly currentApp: string
  /** Unit: seconds. */
  readonly defaultExpiry: Seconds
}

/** How long sessions of the SSO face live. */
export interface SessionOptions {
  /** From login or renewal; the same as `policy.expiry`, which must not say otherwise. Unit: seconds. Default: `3600` (1 hour). */
  readonly expiry?: Seconds | undefined
  /**
   * Says for each login and renewal how long the session lives. Unit of its answer: seconds. An answer that is not positive and
   * finite, a failure, and no answer within `storeTimeout` leave the default.
   */
  readonly expiryHook?: ((input: ExpiryHookInput) => Seconds | Promise<Seconds>) | undefined
}

/** What concerns everything. */
export interface MainOptions {
  /** Whether e-mail addresses are sealed by the server key ring. Default: `true`. */
  readonly encryptEmail?: boolean | undefined
}

/** From where each user may come: an address, a network such as `10.0.0.0/8`, several of them, or `*`. An empty list: from nowhere. */
export type AddressListOptions = Readonly<Record<string, string | readonly string[]>>

/** The settings of the SSO face, by their stanzas. */
export interface SettingsOptions {
  readonly apps?: AppsOptions | readonly string[] | undefined
  readonly login?: LoginOptions | undefined
  readonly password?: PasswordOptions | undefined
  readonly signup?: SignupOptions | undefined
  readonly session?: SessionOptions | undefined
  readonly main?: MainOptions | undefined
  readonly userAddressList?: AddressListOptions | undefined
}
