// How does a client of postgres.js come back when its connections went silent?
//
// The driver has no time limit for a query. A connection whose host was lost stays in its pool, and so do the queries that were given to it,
// until the system gives the connection up: after a quarter of an hour. So where a query goes unanswered for longer than anybody waits,
// those that follow go through a new client; the old one may finish what it can.
import type { Sql } from 'postgres'

/** How long a query may take before its client is replaced: longer than it takes to give up connecting, and than callers wait. Unit: seconds. */
const SILENCE = 6

/** How long a client that was replaced may go on with what it was given, for it may only be slow. Unit: seconds. */
const FAREWELL = 30

/** A client that is replaced where it goes silent. It has the one method that the store uses. */
export interface RenewedSql {
  (): void
  unsafe(text: string, parameters?: (string | null)[], options?: { prepare?: boolean }): ReturnType<Sql['unsafe']>
  /** Lets go of all connections, within so many seconds. */
  end(timeout: number): Promise<void>
}

/** @param open makes a client. The first is made at once, so that it can refuse its URL. */
export function renewedSql(open: () => Sql): RenewedSql {
  const leaving = new Map<Sql, NodeJS.Timeout>()
  let present = open()

  function replace(silent: Sql): void {
    if (silent !== present) return
    present = open()
    leaving.set(
      silent,
      setTimeout(() => void dismiss(silent), FAREWELL * 1000),
    )
  }

  async function dismiss(silent: Sql): Promise<void> {
    clearTimeout(leaving.get(silent))
    leaving.delete(silent)
    await silent.end({ timeout: 0 })
  }

  return Object.assign(() => undefined, {
    unsafe(text: string, parameters?: (string | null)[], options?: { prepare?: boolean }) {
      const sql = present
      const query = sql.unsafe(text, parameters, options)
      const timer = setTimeout(() => replace(sql), SILENCE * 1000).unref()
      const settle = () => clearTimeout(timer)
      query.then(settle, settle)
      return query
    },
    async end(timeout: number) {
      await Promise.all([...leaving.keys()].map(dismiss))
      await present.end({ timeout })
    },
  })
}
