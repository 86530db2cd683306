// What does the web face get to know of users, and where does it keep its one-time tokens?
import type { People } from '../engine/people.ts'
import type { Clock } from '../engine/time.ts'
import type { Directory } from './directory.ts'

/** Users and one-time tokens as the web face needs them. Trusted: nothing here asks who is calling. */
export function createPeople(
  directory: Pick<Directory, 'createToken' | 'takeToken'>,
  load: (userId: string) => Promise<unknown>,
  clock: Clock,
): People {
  return {
    load,
    async keepToken({ kind, hash, data, expiresAt }) {
      const now = clock()
      const token = { kind, hash, data, userId: null, createdAt: now, expiresAt }
      await directory.createToken(token, { now, audit: [], effects: [], applyEffects: 'later' }, 'keep')
    },
    async takeToken(kind, hash) {
      const token = await directory.takeToken(kind, hash, clock())
      return token === undefined ? undefined : { data: token.data }
    },
  }
}
