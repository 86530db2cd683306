// What is the history of one session, which only lists tell?
import type { Interaction, SessionHeader, SessionStore } from 'sojourn'

/** How many pages of their user's sessions are read to find one. */
const MOST_PAGES = 20

/** How many bytes of a session id name its principal. */
const TAG_BYTES = 8

/**
 * The history of a session, found among those of its user; `undefined` where that has too many. Guests log in nowhere and have no
 * histories, and their list is as long as they are many: `undefined`.
 */
export async function historyOf(
  store: SessionStore,
  { id, principal }: Pick<SessionHeader, 'id' | 'principal'>,
  now: number,
): Promise<readonly Interaction[] | undefined> {
  if (principal === null) return undefined
  const owner = { id: principal, tag: Buffer.from(id, 'base64url').subarray(0, TAG_BYTES).toString('hex') }
  let after: string | undefined
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await store.list({ principal: owner, limit: 100, ...(after !== undefined && { after }) }, now)
    const found = page.items.find((listed) => listed.id === id)
    if (found !== undefined || page.next === undefined) return found?.history
    after = page.next
  }
  return undefined
}
