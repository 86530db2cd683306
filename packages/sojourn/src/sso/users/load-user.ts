// What does Sojourn need to know of a user who is kept elsewhere?
import { invalidOption, isSojournError, SojournError } from '../../engine/error.ts'
import { type ArgumentsOf, type Field, optionalFlag, pick, text } from '../fields.ts'

/** A user of your own records. */
export interface LoadedUser {
  readonly username: string
  /** Default: `false`. */
  readonly isSuperUser?: boolean | null | undefined
  /** Default: `false`. */
  readonly isLocked?: boolean | null | undefined
  /** The applications this user may use; `null` for all. Default: `null`. */
  readonly appList?: readonly string[] | null | undefined
}

/** Your own user records, asked where the directory knows nobody. `null`, as many databases answer, and `undefined`: nor do you. */
export type LoadUser = (userId: string) => Promise<LoadedUser | null | undefined> | LoadedUser | null | undefined

const appList: Field<readonly string[] | null> = (value, name) => {
  if (value === undefined || value === null) return null
  if (!Array.isArray(value)) throw invalidOption(name, 'must be a list of applications, or null for all')
  return value.map((app: unknown) => text(app, name))
}

const FIELDS = { username: text, isSuperUser: optionalFlag, isLocked: optionalFlag, appList }

/**
 * What of somebody's record decides what they may do. Read strictly: as text, `false` would be a right.
 *
 * @throws {SojournError} `ERR_POLICY_INVALID` naming the field.
 */
export function readLoadedUser(loaded: LoadedUser): ArgumentsOf<typeof FIELDS> {
  try {
    return pick(Object(loaded), FIELDS)
  } catch (error) {
    const [wrong] = isSojournError(error) ? error.errors : []
    if (wrong === undefined) throw error
    const { field, reason } = wrong
    throw new SojournError('ERR_POLICY_INVALID', `\`loadUser\` answered a user whose \`${field}\` ${reason}.`, {
      errors: [{ field: `loadUser.${field}`, reason }],
    })
  }
}
