// How do tests start real Redis and Valkey servers: alone, with replicas, as a cluster of six, under Sentinel?
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { describe, it } from 'vitest'
import { freePort } from './free-port.ts'

/** A kind of server and where its programs are. */
export interface RedisKind {
  readonly name: 'Redis' | 'Valkey'
  readonly server: string
}

function found(...candidates: (string | undefined)[]): string | undefined {
  return candidates.find((program) => program !== undefined && spawnSync(program, ['--version']).status === 0)
}

/** Where `valkey.sh` unpacks it. */
const UNPACKED_VALKEY = fileURLToPath(new URL('../../../../node_modules/.cache/valkey/usr/bin/valkey-server', import.meta.url))

/** What is installed. `REDIS_SERVER` and `VALKEY_SERVER` name programs that are not on the path. */
const redis = found(process.env['REDIS_SERVER'], 'redis-server')
const valkey = found(process.env['VALKEY_SERVER'], 'valkey-server', UNPACKED_VALKEY)
export const REDIS: RedisKind | undefined = redis === undefined ? undefined : { name: 'Redis', server: redis }
export const VALKEY: RedisKind | undefined = valkey === undefined ? undefined : { name: 'Valkey', server: valkey }

/** A suite that needs a server: without it, it is skipped by name, or where `CI=true` fails. */
export function describeWith(kind: RedisKind | undefined, name: string, suite: (kind: RedisKind) => void): void {
  if (kind !== undefined) {
    describe(name, () => suite(kind))
    return
  }
  describe(name, () => {
    it.skipIf(process.env['CI'] !== 'true')('needs a server that is not installed', () => {
      throw new Error(`${name}: install redis-server; for Valkey run test/support/valkey.sh, or name a server in VALKEY_SERVER`)
    })
  })
}

/** A server that was started. */
export interface RedisServer {
  readonly port: number
  signal(signal: NodeJS.Signals): void
  /** Starts it again after it was killed, with what it has on disk. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Asks until it is so; never longer than some minutes. */
export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 2400; tries += 1) {
    if (await isSo().catch(() => false)) return
    await delay(50)
  }
  throw new Error(`waited in vain for: ${what}`)
}

/** Sends one command over a connection of its own. */
export async function command(port: number, name: string, ...args: string[]): Promise<unknown> {
  const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null, connectTimeout: 20_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await client.call(name, ...args)
  } finally {
    client.disconnect()
  }
}

const QUIET = ['--save', '', '--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1', '--loglevel', 'warning']

/** Starts one server. Further arguments are those of the program, such as `--maxmemory-policy`. */
export async function startServer({ server }: RedisKind, ...args: readonly string[]): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), 'sojourn-redis-'))
  const port = await freePort()
  let child: ChildProcess
  const start = async () => {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, ...QUIET, ...args]
    const starting = spawn(server, settings, { stdio: ['ignore', 'pipe', 'ignore'] })
    child = starting
    let log = ''
    starting.stdout.on('data', (chunk: Buffer) => {
      if (log.length < 100_000) log += chunk.toString()
    })
    const end = new Promise<never>((_, reject) => {
      starting.once('exit', (code) => reject(new Error(`${server} ended with ${code}: ${log}`)))
    })
    await Promise.race([until(`a server on port ${port}`, async () => (await command(port, 'PING')) === 'PONG'), end])
  }
  await start()
  return {
    port,
    signal: (signal) => void child.kill(signal),
    restart: start,
    async stop() {
      await ended(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  await new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill('SIGKILL')
  })
}

/**
 * After how long without an answer servers take each other for dead where one is about to be killed, and where none is: there a busy machine must
 * not look like a failure. Unit: milliseconds.
 */
export const DEAD_AFTER = {
  soon: 1000,
  /** A Sentinel that was held up for two seconds looks on for half a minute, and takes no replica that was alone for ten times as long as this. */
  soonForSentinel: 4000,
  late: 10_000,
} as const

/** Several servers that belong together. */
export interface RedisGroup {
  readonly servers: readonly RedisServer[]
  stop(): Promise<void>
}

export interface RedisCluster extends RedisGroup {
  /** The server that is master of a slot now. */
  masterOf(slot: number): Promise<RedisServer>
  /** Waits until all slots are served, and every master has a replica that follows. */
  whole(): Promise<void>
}

/** Starts three masters with a replica each, as one cluster. */
export async function startCluster(kind: RedisKind, deadAfter: number = DEAD_AFTER.soon): Promise<RedisCluster> {
  const settings = [
    ...['--cluster-enabled', 'yes', '--cluster-node-timeout', String(deadAfter), '--cluster-replica-validity-factor', '0'],
    ...['--appendonly', 'no'],
  ]
  const servers = await Promise.all(Array.from({ length: 6 }, () => startServer(kind, ...settings)))
  const [a, b, c, d, e, f] = servers.map(({ port }) => port) as [number, number, number, number, number, number]
  const ports = servers.map(({ port }) => port)
  const slots = [
    [a, '0', '5460'],
    [b, '5461', '10922'],
    [c, '10923', '16383'],
  ] as const
  for (const [port, from, to] of slots) await command(port, 'CLUSTER', 'ADDSLOTSRANGE', from, to)
  for (const [index, port] of ports.entries()) await command(port, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
  for (const port of ports.slice(1)) await command(port, 'CLUSTER', 'MEET', '127.0.0.1', String(a))
  const nodes = async (port: number) =>
    String(await command(port, 'CLUSTER', 'NODES'))
      .trim()
      .split('\n')
  for (const port of ports) {
    await until('six nodes that know each other', async () => {
      const known = await nodes(port)
      return known.length === 6 && known.every((line) => !line.includes('handshake'))
    })
  }
  const pairs = [
    [a, d],
    [b, e],
    [c, f],
  ] as const
  for (const [master, replica] of pairs) {
    const id = String(await command(master, 'CLUSTER', 'MYID'))
    await until('a replica', async () => (await command(replica, 'CLUSTER', 'REPLICATE', id)) === 'OK')
  }

  const masters = async (): Promise<Map<number, (slot: number) => boolean>> => {
    for (const port of ports) {
      const lines = await nodes(port).catch(() => undefined)
      if (lines === undefined) continue
      const alive = lines.filter((line) => / (?:myself,)?master /.test(line.replace(/,fail\??/, ' fail ')) && !/fail/.test(line))
      return new Map(alive.map((line) => [portOf(line), ownerOf(line)]))
    }
    throw new Error('no node of the cluster answers')
  }
  const group: RedisCluster = {
    servers,
    async masterOf(slot) {
      const owner = [...(await masters())].find(([, owns]) => owns(slot))?.[0]
      const server = servers.find(({ port }) => port === owner)
      if (server === undefined) throw new Error(`nobody serves slot ${slot}`)
      return server
    },
    async whole() {
      for (const port of ports) {
        await until('a whole cluster', async () => String(await command(port, 'CLUSTER', 'INFO')).includes('cluster_state:ok'))
      }
      await until('a replica of every master', async () => {
        const owners = [...(await masters())].filter(([, owns]) => Array.from({ length: 16_384 }, (_, slot) => slot).some(owns))
        const states = await Promise.all(owners.map(async ([port]) => String(await command(port, 'INFO', 'replication'))))
        return states.length === 3 && states.every((state) => /state=online/.test(state))
      })
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
  await group.whole()
  return group
}

function portOf(line: string): number {
  return Number(/^\S+ \S+?:(\d+)@/.exec(line)?.[1])
}

function ownerOf(line: string): (slot: number) => boolean {
  const ranges = line
    .split(' ')
    .slice(8)
    .filter((range) => /^\d/.test(range))
    .map((range) => range.split('-').map(Number))
  return (slot) => ranges.some(([from = 0, to = from]) => slot >= from && slot <= to)
}

export interface RedisSentinels extends RedisGroup {
  /** The name under which the master is known. */
  readonly name: string
  readonly sentinels: readonly { readonly host: string; readonly port: number }[]
  /** The server that is master now. */
  master(): Promise<RedisServer>
}

/** Starts a master with two replicas and three Sentinels that watch over them. */
export async function startSentinels(kind: RedisKind, deadAfter: number = DEAD_AFTER.soonForSentinel): Promise<RedisSentinels> {
  const name = 'sojourn'
  const first = await startServer(kind)
  const others = await Promise.all([0, 1].map(() => startServer(kind, '--replicaof', '127.0.0.1', String(first.port))))
  const servers = [first, ...others]
  await until('two replicas', async () => {
    const state = String(await command(first.port, 'INFO', 'replication'))
    return (state.match(/state=online/g) ?? []).length === 2
  })
  const dir = mkdtempSync(join(tmpdir(), 'sojourn-sentinel-'))
  const ports = [await freePort(), await freePort(), await freePort()]
  const watchers = ports.map((port) => {
    const file = join(dir, `${port}.conf`)
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${dir}`,
      `sentinel monitor ${name} 127.0.0.1 ${first.port} 2`,
      `sentinel down-after-milliseconds ${name} ${deadAfter}`,
      `sentinel failover-timeout ${name} 5000`,
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    return spawn(kind.server, [file, '--sentinel'], { stdio: 'ignore' })
  })
  for (const port of ports) {
    await until('Sentinels that know each other', async () => {
      const known = (await command(port, 'SENTINEL', 'SENTINELS', name)) as unknown[]
      const replicas = (await command(port, 'SENTINEL', 'REPLICAS', name)) as unknown[]
      return known.length === 2 && replicas.length === 2
    })
  }
  return {
    name,
    servers,
    sentinels: ports.map((port) => ({ host: '127.0.0.1', port })),
    async master() {
      const [, port] = (await command(ports[0] ?? 0, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)) as [string, string]
      const server = servers.find((each) => each.port === Number(port))
      if (server === undefined) throw new Error(`Sentinel names an unknown master on port ${port}`)
      return server
    },
    async stop() {
      await Promise.all([...watchers.map(ended), ...servers.map((server) => server.stop())])
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** What is used of a server's memory, and how often commands were called since it started. */
export async function statistics(port: number): Promise<{ usedMemory: number; calls: ReadonlyMap<string, number> }> {
  const memory = String(await command(port, 'INFO', 'memory'))
  const stats = String(await command(port, 'INFO', 'commandstats'))
  const calls = stats.matchAll(/^cmdstat_(\S+):calls=(\d+)/gm)
  return {
    usedMemory: Number(/used_memory:(\d+)/.exec(memory)?.[1]),
    calls: new Map([...calls].map(([, name = '', count]) => [name, Number(count)])),
  }
}
