// How does the store talk to PostgreSQL through whichever client library the application uses?
//
// Parameters go out as text and are cast in SQL, columns come back as text or small integers, rows as arrays: no type parser,
// serialiser or renaming that the application gave its client can change what is stored.
import { invalidOption } from '../../engine/error.ts'
import { isRefusal } from './postgres-failure.ts'

/** What the store needs of `postgres` (postgres.js): the function that `postgres(...)` answers, best with `fetch_types: false`. */
export interface PostgresJsClient {
  unsafe(
    text: string,
    parameters?: (string | null)[],
    options?: { prepare?: boolean },
  ): PromiseLike<unknown> & { values(): PromiseLike<readonly (readonly unknown[])[]> }
}

/** What the store needs of `pg`: a `Pool`. A single connected `Client` works too, but never comes back after a lost connection. */
export interface PgClient {
  query(query: PgQuery): Promise<{ readonly rows: readonly (readonly unknown[])[] }>
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** A connection that a pool of `pg` has lent out. */
interface PgConnection {
  query(query: PgQuery | string): ReturnType<PgClient['query']>
  on(event: string, listener: (fact: unknown) => void): unknown
  release(destroy: boolean): void
}

/** A pool of `pg`, which lends out its connections one by one. */
export interface PgPool {
  readonly totalCount: number
  connect(): Promise<PgConnection>
}

/** A query as `pg` takes it. */
export interface PgQuery {
  readonly name?: string
  readonly text: string
  readonly values?: (string | null)[]
  readonly rowMode: 'array'
}

/** A client of either library. */
export type PostgresClient = PostgresJsClient | PgClient

/** One SQL statement. Its name is never given to another text, for a pooler may show it to other processes. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** One row, column by column. */
export type Row = readonly unknown[]

/** The one way in which the store uses a client: one statement, one round trip, no state left behind in the session. */
export interface Connection {
  /** Runs a statement by its name or, with `prepare` false, as text each time. */
  run(statement: Statement, parameters: readonly (string | null)[], prepare: boolean): Promise<readonly Row[]>
  /** Runs several commands as one transaction. */
  script(text: string): Promise<void>
}

function isPostgresJs(client: unknown): client is PostgresJsClient {
  return typeof client === 'function' && 'unsafe' in client && typeof client.unsafe === 'function'
}

function isPg(client: unknown): client is PgClient {
  return (
    typeof client === 'object' && client !== null && 'query' in client && typeof client.query === 'function' && 'on' in client
  )
}

/** Whether something is a client that the store can use. */
export function isPostgresClient(client: unknown): client is PostgresClient {
  return isPostgresJs(client) || isPg(client)
}

/**
 * Whether a client of postgres.js asks each new connection for the types of arrays. It does so behind everybody's back: where the connection
 * breaks during that query, nobody can handle the rejection, and Node ends the process.
 */
function fetchesTypes(sql: PostgresJsClient): boolean {
  if (!('options' in sql)) return false
  const { options } = sql
  return typeof options === 'object' && options !== null && 'fetch_types' in options && options.fetch_types === true
}

/** The clients that were warned of. */
const warned = new WeakSet<PostgresJsClient>()

/** Says once of each client what {@link fetchesTypes} may come to. It is the default of the driver, so that a first try works. */
function warnOfTypes(sql: PostgresJsClient): void {
  if (warned.has(sql) || !fetchesTypes(sql)) return
  warned.add(sql)
  process.emitWarning(
    'A client of postgres.js has `fetch_types` on: a connection that breaks while types are fetched ends the process.',
    {
      type: 'SojournWarning',
      code: 'SOJOURN_FETCH_TYPES',
      detail:
        'Make it with `postgres(url, { fetch_types: false })`; where you read arrays of your own, give the store a client of its own.',
    },
  )
}

/**
 * Adapts a client, chosen by its shape.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID` when it is none.
 */
export function connection(client: PostgresClient): Connection {
  if (isPostgresJs(client)) {
    warnOfTypes(client)
    return throughPostgresJs(client)
  }
  if (isPg(client)) return throughPg(client)
  throw invalidOption('client', 'is neither a client of `postgres` nor a pool of `pg`')
}

function throughPostgresJs(sql: PostgresJsClient): Connection {
  return {
    async run({ text }, parameters, prepare) {
      const query = prepare ? sql.unsafe(text, [...parameters], { prepare }) : sql.unsafe(withParameters(text, parameters))
      return withoutHoles(await query.values())
    },
    async script(text) {
      await sql.unsafe(text)
    },
  }
}

/**
 * The rows without the holes before them. Where a connection was cut behind a row, postgres.js (3.4.9) counts on in the first answer over the next
 * connection: it has as many holes as there were rows, and a session that lives would look like one that does not.
 */
function withoutHoles(rows: readonly Row[]): readonly Row[] {
  return 0 in rows ? rows : rows.filter(() => true)
}

/**
 * A statement with its parameters inside. A statement that postgres.js does not prepare it first has described, which is a second round trip, and
 * one that hangs now and then behind PgBouncer. Parameters are written as hexadecimal digits, which no setting can make into anything else.
 */
function withParameters(text: string, parameters: readonly (string | null)[]): string {
  return text.replaceAll(/\$(\d+)/g, (_, place: string) => {
    const parameter = parameters[Number(place) - 1] ?? null
    if (parameter === null) return 'NULL::text'
    return `convert_from(decode('${Buffer.from(parameter).toString('hex')}', 'hex'), 'UTF8')`
  })
}

/** The pools and connections that {@link hear} has heard. */
const heard = new WeakSet<object>()

/** A connection that breaks is an event, of its pool while it is idle, which would end the process if nobody heard it. The call that uses it tells, or the next. */
function hear(client: { on(event: 'error', listener: () => void): unknown }): void {
  if (heard.has(client)) return
  heard.add(client)
  client.on('error', () => {})
}

/** Whether a client is a pool of `pg`. */
export function isPool(client: object): client is PgPool {
  return 'totalCount' in client && 'connect' in client && typeof client.connect === 'function'
}

/**
 * What `pool.query` does, which throws a connection away whatever the error was. Where the server has refused a statement its connection is as good
 * as before; on a server that is read-only all writes are refused, and the reads would wait for new connections.
 */
async function lend(pool: PgPool, query: PgQuery): ReturnType<PgClient['query']> {
  const client = await pool.connect()
  hear(client)
  let isLost = true
  try {
    const answer = await client.query(query)
    isLost = false
    return answer
  } catch (error) {
    isLost = !isRefusal(error)
    throw error
  } finally {
    client.release(isLost)
  }
}

function throughPg(client: PgClient): Connection {
  hear(client)
  const ask = isPool(client) ? (query: PgQuery) => lend(client, query) : (query: PgQuery) => client.query(query)
  return {
    async run({ name, text }, parameters, prepare) {
      const plain: PgQuery = { text, values: [...parameters], rowMode: 'array' }
      return (await ask(prepare ? { ...plain, name } : plain)).rows
    },
    async script(text) {
      await client.query({ text, rowMode: 'array' })
    },
  }
}
