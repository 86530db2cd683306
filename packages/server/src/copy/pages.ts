// How is a long list gone through in bounded memory?
import type { Cursor, Page } from 'sojourn'

/** How many rows are read at a time. */
export const PAGE = 500

/** How many calls are under way at once: enough to hide a round trip, few enough for values of the largest size. */
const WORKERS = 64

/** Where a page begins, and how long it is. */
interface PageQuery {
  readonly after?: Cursor
  readonly limit: number
}

/** Goes through a list page by page. Stops at the next page when it is told to. */
export async function* pagesOf<T>(
  read: (query: PageQuery) => Promise<Page<T>>,
  signal: AbortSignal,
): AsyncGenerator<readonly T[], void> {
  let after: Cursor | undefined
  do {
    signal.throwIfAborted()
    const page = await read({ limit: PAGE, ...(after !== undefined && { after }) })
    yield page.items
    after = page.next
  } while (after !== undefined)
}

/** Goes through a list item by item. */
export async function* itemsOf<T>(
  read: (query: PageQuery) => Promise<Page<T>>,
  signal: AbortSignal,
): AsyncGenerator<T, undefined> {
  for await (const page of pagesOf(read, signal)) yield* page
  return undefined
}

/** Runs something for every item, several at once. The first failure ends it, when what is under way has ended. */
export async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  let failed = false
  const work = async () => {
    for (const item of queue) {
      if (failed) return
      try {
        await run(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const results = await Promise.allSettled(Array.from({ length: Math.min(WORKERS, items.length) }, work))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
