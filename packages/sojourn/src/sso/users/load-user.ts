// What does Sojourn need to know of a user who is kept elsewhere?

/** A user of your own records. */
export interface LoadedUser {
  readonly username: string
  /** Default: `false`. */
  readonly isSuperUser?: boolean | undefined
  /** Default: `false`. */
  readonly isLocked?: boolean | undefined
  /** The applications this user may use; `null` for all. Default: `null`. */
  readonly appList?: readonly string[] | null | undefined
}
