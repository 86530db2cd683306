// How does a call reach the database, with its schema in place, and what does a caller learn when it does not?
import { createDeadline } from '../../engine/deadline.ts'
import { SojournError } from '../../engine/error.ts'
import type { Seconds } from '../../engine/time.ts'
import { type Connection, connection, type PostgresClient, type Row, type Statement } from './postgres-client.ts'
import { type CallKind, isContention, isSchemaMissing, unavailable } from './postgres-failure.ts'
import { migration, SCHEMA_VERSION } from './postgres-schema.ts'
import type { Layout } from './postgres-session-schema.ts'
import { statements } from './postgres-statements.ts'
import { fields, json, number } from './postgres-text.ts'

/** How often a statement is sent again that the server threw back because of others at work. */
const ATTEMPTS = 20

/** A database with the schema in place. */
export interface Database {
  /** Runs one statement. Every failure is `ERR_STORE_UNAVAILABLE`, or what is wrong with the schema. */
  run(kind: CallKind, statement: Statement, parameters: readonly (string | null)[]): Promise<readonly Row[]>
}

/** What {@link database} needs to know. */
export interface DatabaseOptions {
  readonly client: PostgresClient
  readonly prefix: string
  readonly prepare: boolean
  readonly layout: Layout
  readonly callTimeout: Seconds
}

/**
 * A database that is opened by the first call; an opening that failed or was not answered is tried again by the next. Every call has a deadline of its own,
 * for a client may lose a query: postgres.js does when a connection breaks at the instant at which it is written.
 */
export function database({ client, prefix, prepare, layout, callTimeout }: DatabaseOptions): Database {
  const wire = connection(client)
  const deadline = createDeadline(callTimeout)
  let opening: Promise<void> | undefined

  async function send(statement: Statement, parameters: readonly (string | null)[]): Promise<readonly Row[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await wire.run(statement, parameters, prepare)
      } catch (error) {
        if (attempt === ATTEMPTS || !isContention(error)) throw error
      }
    }
  }

  function open(): Promise<void> {
    if (opening !== undefined) return opening
    const present = deadline.run('read', async () => {
      await openSchema({ send, wire, prefix, layout }).catch((error: unknown) => {
        throw unavailable(error, 'read')
      })
    })
    opening = present
    present.catch(() => {
      if (opening === present) opening = undefined
    })
    return present
  }

  async function run(kind: CallKind, statement: Statement, parameters: readonly (string | null)[]): Promise<readonly Row[]> {
    await open()
    try {
      return await send(statement, parameters)
    } catch (error) {
      if (isSchemaMissing(error)) opening = undefined
      throw unavailable(error, kind)
    }
  }

  return { run: (kind, statement, parameters) => deadline.run(kind, () => run(kind, statement, parameters)) }
}

interface Opening {
  readonly send: (statement: Statement, parameters: readonly (string | null)[]) => Promise<readonly Row[]>
  readonly wire: Connection
  readonly prefix: string
  readonly layout: Layout
}

async function openSchema({ send, wire, prefix, layout }: Opening): Promise<void> {
  const { describe } = statements(prefix, {
    // -> the rows of the meta table as one object
    describe: `SELECT jsonb_object_agg(name, value)::text FROM ${prefix}_meta WHERE name IN ('schema', 'unlogged', 'partitions')`,
  })
  const read = async () => {
    const [row] = await send(describe, [])
    return fields(json(row?.[0]))
  }
  const found = await read().catch((error: unknown) => {
    if (isSchemaMissing(error)) return undefined
    throw error
  })
  if (found === undefined || number(found['schema']) < SCHEMA_VERSION) await wire.script(migration(prefix, layout))
  const present = found ?? (await read())
  if (number(present['schema']) > SCHEMA_VERSION)
    throw new SojournError('ERR_SCHEMA_OUTDATED', `The tables \`${prefix}_...\` were made by a newer version of Sojourn.`)
  for (const option of ['unlogged', 'partitions'] as const) {
    if (present[option] !== String(layout[option])) throw layoutDiffers(option, String(present[option]), prefix)
  }
}

function layoutDiffers(option: keyof Layout, present: string, prefix: string): SojournError {
  return new SojournError(
    'ERR_OPTION_INVALID',
    `\`${option}\` is not what the tables \`${prefix}_...\` were made with: ${present}.`,
    {
      fix: `Set \`${option}: ${present}\`, or copy the sessions into tables of another prefix.`,
      errors: [{ field: option, reason: `is ${present} in the database` }],
    },
  )
}
