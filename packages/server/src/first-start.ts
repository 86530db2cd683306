// Who can log in to a database that has just been made?
import { randomBytes } from 'node:crypto'
import { isSojournError } from 'sojourn'
import type { Opened } from './open.ts'

/** The name of the first super-user. */
const FIRST_USERNAME = 'admin'

/** A user name and its password, to be told once. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/**
 * Makes the first super-user where there is no user at all, in one transaction: of several processes that start at once, one makes it and is
 * answered with the password. The others, and every later start, are answered with nothing.
 */
export async function makeFirstUser({
  sso,
  directory,
  caller,
}: Pick<Opened, 'sso' | 'directory' | 'caller'>): Promise<Credentials | undefined> {
  const { items } = await directory.listUsers({ limit: 1 })
  if (items.length > 0) return undefined
  const credentials = { username: FIRST_USERNAME, password: randomBytes(24).toString('base64url') }
  try {
    await sso.user.createSuperUser({
      ...caller,
      data: credentials,
      requireSuperUser: false,
      autoApprove: true,
      onlyWhenEmpty: true,
    })
    return credentials
  } catch (error) {
    if (isSojournError(error, 'ERR_USER_EXISTS')) return undefined
    throw error
  }
}
