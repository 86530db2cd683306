// How does memory keep users, so that every look-up is by a map and every page goes on from its place?
import { cursorOfTexts, textsOfCursor } from '../../engine/cursor.ts'
import type { Cursor, Page } from '../../engine/store.ts'
import { canAdminister, type StoredUser } from '../../sso/directory.ts'

/** Users by id, by user name and by address, with the one rule that ids and user names are unique. */
export interface UserTable {
  readonly size: () => number
  readonly get: (userId: string) => StoredUser | undefined
  readonly byUsernameKey: (usernameKey: string) => StoredUser | undefined
  /** Whether another user has that name. */
  readonly isTaken: (usernameKey: string, userId: string) => boolean
  /** Whether anybody but this user can administer. */
  readonly hasOtherAdministrator: (userId: string) => boolean
  /** Adds a user or puts a changed one in the place of the old. */
  readonly put: (user: StoredUser) => void
  readonly remove: (userId: string) => void
  readonly page: (query: { readonly after?: Cursor; readonly limit: number; readonly emailKey?: string }) => Page<StoredUser>
}

/** An empty table. It keeps and answers copies, so that nobody changes a user from outside. */
export function userTable(): UserTable {
  const users = new Map<string, StoredUser>()
  const idByName = new Map<string, string>()
  const namesByEmail = new Map<string, Set<string>>()
  const administrators = new Set<string>()
  const names: string[] = []

  const byUsernameKey = (usernameKey: string): StoredUser | undefined => {
    const userId = idByName.get(usernameKey)
    const user = userId === undefined ? undefined : users.get(userId)
    return user === undefined ? undefined : structuredClone(user)
  }

  const remove = (userId: string): void => {
    const user = users.get(userId)
    if (user === undefined) return
    users.delete(userId)
    idByName.delete(user.usernameKey)
    administrators.delete(userId)
    names.splice(placeOf(names, user.usernameKey), 1)
    if (user.emailKey === null) return
    const sharers = namesByEmail.get(user.emailKey)
    sharers?.delete(user.usernameKey)
    if (sharers?.size === 0) namesByEmail.delete(user.emailKey)
  }

  return {
    size: () => users.size,
    get: (userId) => structuredClone(users.get(userId)),
    byUsernameKey,
    isTaken: (usernameKey, userId) => (idByName.get(usernameKey) ?? userId) !== userId,
    hasOtherAdministrator: (userId) => administrators.size > (administrators.has(userId) ? 1 : 0),
    put: (user) => {
      remove(user.userId)
      users.set(user.userId, structuredClone(user))
      idByName.set(user.usernameKey, user.userId)
      names.splice(placeOf(names, user.usernameKey), 0, user.usernameKey)
      if (canAdminister(user)) administrators.add(user.userId)
      if (user.emailKey === null) return
      const sharers = namesByEmail.get(user.emailKey) ?? new Set()
      namesByEmail.set(user.emailKey, sharers.add(user.usernameKey))
    },
    remove,
    page: ({ after, limit, emailKey }) => {
      const all = emailKey === undefined ? names : [...(namesByEmail.get(emailKey) ?? [])].sort()
      const [seen] = after === undefined ? [] : textsOfCursor(after, 1)
      const from = seen === undefined ? 0 : placeOf(all, seen) + (all[placeOf(all, seen)] === seen ? 1 : 0)
      const keys = all.slice(from, from + limit)
      const last = keys.at(-1)
      const items = keys.map(byUsernameKey).filter((user) => user !== undefined)
      return last === undefined || from + keys.length >= all.length ? { items } : { items, next: cursorOfTexts([last]) }
    },
  }
}

/** Where a key is, or would be, in a sorted list. */
function placeOf(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
