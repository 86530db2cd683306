// How does memory keep what belongs to a user beside their attributes: linked accounts and one-time tokens?
import { cursorOfTexts, textsOfCursor } from '../../engine/cursor.ts'
import type { Cursor, Page } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import type { LinkedAccount, OneTimeToken } from '../../sso/directory.ts'

/** Rows under a key, found also by the user they belong to, oldest first. */
export interface OwnedTable<Row> {
  readonly get: (key: string) => Row | undefined
  readonly add: (key: string, row: Row) => void
  readonly remove: (key: string) => void
  readonly ofUser: (userId: string) => readonly (readonly [key: string, row: Row])[]
  readonly entries: () => Iterable<readonly [key: string, row: Row]>
}

/** The key of a linked account. */
export function linkKey(link: Pick<LinkedAccount, 'authType' | 'authId'>): string {
  return JSON.stringify([link.authType, link.authId])
}

/** The key of a one-time token. */
export function tokenKey(kind: string, hash: string): string {
  return cursorOfTexts([kind, hash])
}

/** The order of tokens: the bytes of their kind, then those of their hash. */
function order(key: string, other: string): number {
  const [kind, hash] = textsOfCursor(key, 2)
  const [otherKind, otherHash] = textsOfCursor(other, 2)
  return bytesOrder(kind, otherKind) || bytesOrder(hash, otherHash)
}

function bytesOrder(text = '', other = ''): number {
  return Buffer.compare(Buffer.from(text), Buffer.from(other))
}

/** A page of the tokens that have not expired. A cursor is the key of the last one seen. */
export function tokenPage(
  entries: Iterable<readonly [key: string, token: OneTimeToken]>,
  { after, limit }: { readonly after?: Cursor; readonly limit: number },
  now: Millis,
): Page<OneTimeToken> {
  if (after !== undefined) textsOfCursor(after, 2) // also where there is nothing to compare it with
  const rest = [...entries].filter(([key, token]) => token.expiresAt > now && (after === undefined || order(key, after) > 0))
  const page = rest.sort(([key], [other]) => order(key, other)).slice(0, limit)
  const items = page.map(([, token]) => structuredClone(token))
  const last = page.at(-1)
  return last === undefined || rest.length <= limit ? { items } : { items, next: last[0] }
}

/** An empty table. It keeps and answers copies, so that nobody changes a row from outside. */
export function ownedTable<Row extends { readonly userId: string | null }>(): OwnedTable<Row> {
  const rows = new Map<string, Row>()
  const keysByUser = new Map<string, Set<string>>()

  return {
    get: (key) => structuredClone(rows.get(key)),
    add: (key, row) => {
      rows.set(key, structuredClone(row))
      if (row.userId !== null) keysByUser.set(row.userId, (keysByUser.get(row.userId) ?? new Set()).add(key))
    },
    remove: (key) => {
      const userId = rows.get(key)?.userId ?? null
      rows.delete(key)
      if (userId === null) return
      const keys = keysByUser.get(userId)
      keys?.delete(key)
      if (keys?.size === 0) keysByUser.delete(userId)
    },
    ofUser: (userId) =>
      [...(keysByUser.get(userId) ?? [])].flatMap((key) => {
        const row = rows.get(key)
        return row === undefined ? [] : [[key, structuredClone(row)] as const]
      }),
    entries: () => rows.entries(),
  }
}
