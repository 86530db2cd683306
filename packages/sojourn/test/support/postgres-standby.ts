// How do tests get a PostgreSQL that follows another, has what that one acknowledged, and can take over from it?
//
// npm brings no `pg_basebackup`, so the first copy is made as the manual says for a backup by hand.
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { faultProxy } from './fault-proxy.ts'
import { owner, type PostgresProgram, type PostgresServer, startPostgres } from './postgres.ts'
import { openAdmin } from './postgres-clients.ts'

/**
 * What the primary waits for before it acknowledges: `on` until the standby has it, `remote_apply` until a read there sees it. Both are settings of
 * `synchronous_commit`.
 */
export type Acknowledged = 'on' | 'remote_apply'

/** A server that follows another. */
export interface Standby extends PostgresServer {
  /** Loses what is on its way from the primary and all that would follow, as when that is cut off from the world before it dies. */
  cutOff(): void
  /** Makes it the primary. */
  promote(): Promise<void>
}

type Admin = ReturnType<typeof openAdmin>

/** What a copy does without: the log, which it gets from the primary, and what tells of the running server. */
const LEFT_OUT = new Set(['pg_wal', 'postmaster.pid', 'postmaster.opts'])

/** Runs a command as the server does, so that what it makes is the server's. Others go on meanwhile: the primary may be under load. */
async function asOwner(command: string, ...parameters: readonly string[]): Promise<void> {
  await promisify(execFile)(command, parameters, owner)
}

async function copy(admin: Admin, from: string, to: string): Promise<void> {
  await admin.run("SELECT pg_backup_start('standby', true)")
  await asOwner('mkdir', '-m', '700', to, join(to, 'pg_wal'))
  const kept = readdirSync(from).filter((name) => !LEFT_OUT.has(name))
  await asOwner('cp', '-a', ...kept.map((name) => join(from, name)), to)
  const [stopped] = await admin.run('SELECT labelfile FROM pg_backup_stop(false)')
  await asOwner('sh', '-c', 'printf %s "$1" > "$0/backup_label" && touch "$0/standby.signal"', to, String(stopped?.[0]))
}

async function until(admin: Admin, condition: string): Promise<void> {
  while ((await admin.run(condition))[0]?.[0] !== true) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Starts a server that follows `primary`, which from now on acknowledges nothing that this one does not have. */
export async function startStandby(
  program: PostgresProgram,
  primary: PostgresServer,
  acknowledged: Acknowledged,
): Promise<Standby> {
  const admin = openAdmin(primary.url)
  const wire = await faultProxy(primary.port)
  try {
    const source = `primary_conninfo=host=127.0.0.1 port=${wire.port} user=postgres`
    const standby = await startPostgres(program, [source], (data) => copy(admin, primary.data, data))
    // Set after the copy was made: the standby has nobody to wait for when it takes over.
    await admin.run(`ALTER SYSTEM SET synchronous_commit = ${acknowledged}`)
    await admin.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
    await admin.run('SELECT pg_reload_conf()')
    await until(admin, "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming'")
    return {
      ...standby,
      cutOff: () => wire.fault({ drops: 'black-hole' }),
      promote: () => promote(standby.url),
      async stop() {
        await standby.stop()
        await wire.close()
      },
    }
  } finally {
    await admin.end()
  }
}

/** Asks again and again instead of waiting in the statement, whose snapshot may be what the rest of the log has to wait for. */
async function promote(url: string): Promise<void> {
  const admin = openAdmin(url)
  try {
    await admin.run('SELECT pg_promote(false)')
    await until(admin, 'SELECT NOT pg_is_in_recovery()')
  } finally {
    await admin.end()
  }
}
