// How do several connections of postgres.js share the work, and how do they come back when they went silent?
//
// Every connection is a client of its own. In one client of several connections the lists of those that are idle and busy only grow (3.4.9), and each
// query searches them: after 400,000 queries, 50 at a time, one took four times as long. In a client of one connection they stay empty.
//
// The driver has no time limit for a query. A connection whose host was lost stays in its client, and so do the queries that were given to it,
// until the system gives the connection up: after a quarter of an hour. So where a query goes unanswered for longer than anybody waits,
// those that follow go through new clients; the old ones may finish what they can.
import type { Sql } from 'postgres'

/** How long a query may take before all clients are replaced: longer than it takes to give up connecting, and than callers wait. Unit: seconds. */
const SILENCE = 6

/** How long clients that were replaced may go on with what they were given, for they may only be slow. Unit: seconds. */
const FAREWELL = 30

/** What the store uses of a client of postgres.js, through several of them. */
export interface SharedSql {
  (): void
  unsafe(text: string, parameters?: (string | null)[], options?: { prepare?: boolean }): ReturnType<Sql['unsafe']>
  /** Lets go of all connections, within so many seconds. */
  end(timeout: number): Promise<void>
}

interface Member {
  readonly sql: Sql
  /** How many of its queries are not answered yet. */
  pending: number
}

/** @param open makes a client of one connection. The first is made at once, so that it can refuse its URL. */
export function sharedSql(open: () => Sql, connections: number): SharedSql {
  const leaving = new Map<Sql, NodeJS.Timeout>()
  let members: Member[] = [{ sql: open(), pending: 0 }]

  /** The first that has nothing to do, else a new one, else the one with the least to do: it sends the next query before the last was answered. */
  function next(): Member {
    let least: Member | undefined
    for (const member of members) if (least === undefined || member.pending < least.pending) least = member
    return least === undefined || (least.pending > 0 && members.length < connections) ? added() : least
  }

  function added(): Member {
    const member = { sql: open(), pending: 0 }
    members.push(member)
    return member
  }

  /** Where one connection went silent the others did too, or soon will. */
  function replaceAll(silent: Member): void {
    if (!members.includes(silent)) return
    for (const { sql } of members) {
      leaving.set(
        sql,
        setTimeout(() => void dismiss(sql), FAREWELL * 1000),
      )
    }
    members = []
  }

  async function dismiss(silent: Sql): Promise<void> {
    clearTimeout(leaving.get(silent))
    leaving.delete(silent)
    await silent.end({ timeout: 0 })
  }

  return Object.assign(() => undefined, {
    unsafe(text: string, parameters?: (string | null)[], options?: { prepare?: boolean }) {
      const member = next()
      member.pending += 1
      const query = member.sql.unsafe(text, parameters, options)
      const timer = setTimeout(() => replaceAll(member), SILENCE * 1000).unref()
      const settle = () => {
        member.pending -= 1
        clearTimeout(timer)
      }
      query.then(settle, settle)
      return query
    },
    async end(timeout: number) {
      await Promise.all([...leaving.keys()].map(dismiss))
      await Promise.all(members.map(({ sql }) => sql.end({ timeout })))
    },
  })
}
