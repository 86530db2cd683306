// What does a store hold, as far as anybody can read it?
import type { Directory, Page, SessionStore } from 'sojourn'

/** Everything that a copy must bring over, in an order and a form that two stores can be compared by. */
export async function dump({ sessions, directory }: { readonly sessions: SessionStore; readonly directory: Directory }) {
  const now = Date.now()
  const live = await all((query) => sessions.list(query, now))
  const withAttributes = await Promise.all(
    live.map(async ({ id, history }) => {
      const session = await sessions.load(id, 'all', now)
      if (typeof session !== 'object') throw new Error(`${id} is listed and cannot be read`)
      const { version: _, attributes, ...header } = session
      return [id, { ...header, history, attributes: attributesOf(attributes) }] as const
    }),
  )
  const users = await Promise.all(
    (await all(directory.listUsers)).map(async (user) => ({
      user,
      attributes: attributesOf((await directory.loadAttributes(user.userId, 'all', now)) ?? new Map()),
      links: await directory.listLinks(user.userId),
    })),
  )
  return plain({
    sessions: Object.fromEntries(withAttributes.toSorted(([one], [other]) => (one < other ? -1 : 1))),
    users,
    tokens: await all((query) => directory.listTokens(query, now)),
    audit: (await all(directory.listAudit)).filter(({ operation }) => operation !== 'store.copy'),
    installationKey: await directory.installationKey(new Uint8Array(32)),
  })
}

/** Attributes without their revisions, which every store counts for itself. */
function attributesOf(attributes: ReadonlyMap<string, { readonly revision: number }>) {
  return Object.fromEntries([...attributes].map(([name, { revision: _, ...attribute }]) => [name, attribute]).toSorted())
}

/** Every item of a list. */
export async function all<T>(read: (query: { after?: string; limit: number }) => Promise<Page<T>>): Promise<readonly T[]> {
  const found: T[] = []
  let after: string | undefined
  do {
    const page = await read({ limit: 200, ...(after !== undefined && { after }) })
    found.push(...page.items)
    after = page.next
  } while (after !== undefined)
  return found
}

/** Bytes as text, whatever kind of array a driver answers. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]))
}
