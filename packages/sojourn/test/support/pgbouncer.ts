// How do tests put a pooler in front of PostgreSQL that hands out its connections transaction by transaction?
import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

/** The pooler's program, where it is installed. */
export const pgbouncer: string | undefined = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find(existsSync)

const NOBODY = 65_534

/** Starts the pooler in front of a server on this machine, with two connections to it. */
export async function startPgbouncer(program: string, port: number): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-pooler-'))
  const own = await freePort()
  const settings = [
    '[databases]',
    `postgres = host=127.0.0.1 port=${port} dbname=postgres`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${own}`,
    'unix_socket_dir =',
    'auth_type = trust',
    `auth_file = ${join(folder, 'users')}`,
    'pool_mode = transaction',
    'default_pool_size = 2',
    'max_client_conn = 100',
    'ignore_startup_parameters = extra_float_digits',
  ]
  writeFileSync(join(folder, 'pooler.ini'), settings.join('\n'))
  writeFileSync(join(folder, 'users'), '"postgres" ""')
  const asRoot = process.getuid?.() === 0
  if (asRoot) for (const path of ['', 'pooler.ini', 'users']) chownSync(join(folder, path), NOBODY, NOBODY)
  const pooler = spawn(program, [join(folder, 'pooler.ini')], {
    ...(asRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await new Promise<void>((resolve, reject) => {
    let log = ''
    pooler.stderr.on('data', (chunk: Buffer) => {
      if (log.length < 100_000) log += chunk.toString()
      if (log.includes('process up')) resolve()
    })
    pooler.once('exit', (code) => reject(new Error(`pgbouncer ended with ${code}: ${log}`)))
  })
  return {
    url: `postgres://postgres@127.0.0.1:${own}/postgres`,
    async stop() {
      const gone = new Promise((resolve) => pooler.once('exit', resolve))
      pooler.kill('SIGKILL')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
