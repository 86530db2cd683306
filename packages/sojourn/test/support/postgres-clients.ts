// How do tests open PostgreSQL through either client library, and count what goes over the wire?
import pg from 'pg'
import postgres from 'postgres'
import type { PostgresClient } from 'sojourn/postgres'
import { countOn, type PostgresProgram, programs } from './postgres.ts'

/** A client that counts. */
export interface OpenClient {
  readonly client: PostgresClient
  /** How many statements it sent, each of which is one round trip once it is prepared. */
  sent(): number
  end(): Promise<void>
}

/** A client library, and how to open it. */
export interface ClientLibrary {
  readonly name: 'postgres' | 'pg'
  open(url: string, connections?: number): OpenClient
}

export const libraries: readonly ClientLibrary[] = [
  {
    name: 'postgres',
    open(url, connections = 4) {
      // A connection that is cut while types are fetched would be a rejection that nobody can handle, and end the run.
      const sql = postgres(url, { max: connections, backoff: () => 0.02, connect_timeout: 2, fetch_types: false })
      let sent = 0
      const counting = Object.assign(() => {}, {
        unsafe(...given: Parameters<typeof sql.unsafe>) {
          sent += 1
          return sql.unsafe(...given)
        },
        listen: sql.listen,
      })
      return { client: counting, sent: () => sent, end: () => sql.end({ timeout: 0 }) }
    },
  },
  {
    name: 'pg',
    open(url, connections = 4) {
      const pool = new pg.Pool({ connectionString: url, max: connections, connectionTimeoutMillis: 10_000 })
      // One that the pool is just letting go of, and that the server ends at that moment, would have nobody to tell.
      pool.on('connect', (connection) => void connection.on('error', () => {}))
      let sent = 0
      pool.on('acquire', () => {
        sent += 1 // each is lent out for one statement
      })
      return { client: pool, sent: () => sent, end: () => pool.end() }
    },
  },
]

/** With what a server is tried: both libraries on the newest, and in a full run on the oldest; one on the others. */
export function librariesFor(program: PostgresProgram): readonly ClientLibrary[] {
  return countOn(program, { full: 1, quick: 0 }) === 1 || program === programs[0] ? libraries : libraries.slice(-1)
}

/** Both libraries' own clients satisfy the store's structural type: a check by the compiler. */
export const accepted: readonly PostgresClient[] = [
  postgres({ max: 1, host: '127.0.0.1', fetch_types: false }),
  new pg.Pool({ max: 1 }),
  new pg.Client(),
]

/** Empties the tables of a store whenever asked, as if nobody had used it. */
export function emptier(url: string, prefix: string): { empty(): Promise<void>; end(): Promise<void> } {
  const sql = postgres(url, { max: 1, fetch_types: false })
  const tables = ['sessions', 'generations', 'users', 'links', 'tokens', 'audit', 'effects']
  const commands = tables.map((each) => `DELETE FROM ${prefix}_${each}`)
  return {
    async empty() {
      await sql.unsafe([...commands, `DELETE FROM ${prefix}_meta WHERE name = 'installation-key'`].join(';'))
    },
    end: () => sql.end(),
  }
}

/** A connection of the test's own, to look behind the store's back. */
export function openAdmin(url: string): {
  run(commands: string): Promise<readonly (readonly unknown[])[]>
  end(): Promise<void>
} {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} })
  return {
    run: async (commands) => [...(await sql.unsafe(commands).values())],
    end: () => sql.end(),
  }
}
