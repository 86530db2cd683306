// How do users reach the target, with their attributes and links?
import type { Directory, DirectoryWrite, StoredUser, UserOutcome } from 'sojourn'
import { copyUserAttributes } from './copy-user-attributes.ts'
import { inParallel, pagesOf } from './pages.ts'
import { same } from './same.ts'
import { emptyTally, type PassContext, type Tally } from './tally.ts'

/** Removes users at the target whom the source has no longer, then copies those who are not there or differ. */
export async function copyUsers(from: Directory, to: Directory, pass: PassContext): Promise<Tally> {
  const tally = emptyTally()
  for await (const page of pagesOf(to.listUsers, pass.signal)) {
    await inParallel(page, async ({ userId }) => {
      if ((await from.findUser({ userId })) !== undefined) return
      await to.deleteUser(userId, silent(pass.clock()))
      tally.changed += 1
    })
  }
  for await (const page of pagesOf(from.listUsers, pass.signal)) {
    await inParallel(page, (user) => copyOne(from, to, pass, user, tally))
    pass.advance(page.length)
  }
  for await (const page of pagesOf(to.listUsers, pass.signal)) tally.target += page.length
  return tally
}

/** A write that leaves no record of its own: records are copied, and sessions are looked after by themselves. */
export function silent(now: number): DirectoryWrite {
  return { now, audit: [], effects: [], applyEffects: 'later' }
}

async function copyOne(from: Directory, to: Directory, pass: PassContext, user: StoredUser, tally: Tally): Promise<void> {
  tally.source += 1
  const there = await to.findUser({ userId: user.userId })
  if (!same(user, there)) {
    const { outcome } = await put(to, user, there, pass.clock())
    if (outcome !== 'done') {
      tally.waiting += 1
      return
    }
    tally.changed += 1
  }
  const changes = [
    await copyUserAttributes(from, to, user.userId, pass.clock()),
    await copyLinks(from, to, user.userId, pass.clock()),
  ]
  if (changes.includes('changed')) tally.changed += 1
  if (changes.includes('waiting')) tally.waiting += 1
}

/**
 * Where somebody else has the name at the target, their name has changed at the source: they are removed and come again when it is
 * their turn, at the latest in the next pass.
 */
async function put(to: Directory, user: StoredUser, there: StoredUser | undefined, now: number): Promise<UserOutcome> {
  const { userId, ...fields } = user
  const write = () => (there === undefined ? to.createUser(user, silent(now)) : to.updateUser(userId, fields, silent(now)))
  const first = await write()
  if (first.outcome !== 'exists') return first
  const holder = await to.findUser({ usernameKey: user.usernameKey })
  if (holder !== undefined && holder.userId !== userId) await to.deleteUser(holder.userId, silent(now))
  return write()
}

/** Links are few and ordered by their age: where they differ, all are written anew. One that another user still has at the target waits. */
async function copyLinks(from: Directory, to: Directory, userId: string, now: number): Promise<'same' | 'changed' | 'waiting'> {
  const [links, there] = [await from.listLinks(userId), await to.listLinks(userId)]
  if (same(links, there)) return 'same'
  for (const link of there) await to.deleteLink(link, silent(now))
  let result: 'changed' | 'waiting' = 'changed'
  for (const link of links) if ((await to.createLink(link, silent(now))).outcome !== 'done') result = 'waiting'
  return result
}
