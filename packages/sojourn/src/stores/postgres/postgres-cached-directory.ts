// How does a directory that ends sessions in its own transactions keep this process's cache from answering for them?
import type { SessionCache } from '../../engine/cache/session-cache.ts'
import type { Directory, DirectoryWrite } from '../../sso/directory.ts'

/** The same directory; the sessions that its writes concern are forgotten before those are answered. */
export function withForgetting(directory: Directory, cache: Pick<SessionCache, 'forgetPrincipal'>): Directory {
  async function write<T>({ effects }: DirectoryWrite, run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } finally {
      for (const { principal } of effects) cache.forgetPrincipal(principal)
    }
  }

  return {
    ...directory,
    createUser: (user, along, only) =>
      write(along, () => directory.createUser(user, along, ...(only === undefined ? [] : [only]))),
    updateUser: (userId, change, along, options = {}) => write(along, () => directory.updateUser(userId, change, along, options)),
    deleteUser: (userId, along, options = {}) => write(along, () => directory.deleteUser(userId, along, options)),
    createLink: (link, along) => write(along, () => directory.createLink(link, along)),
    deleteLink: (link, along) => write(along, () => directory.deleteLink(link, along)),
    createToken: (token, along, siblings) => write(along, () => directory.createToken(token, along, siblings)),
  }
}
