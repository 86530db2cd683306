// Which Redis does the bench measure on: one of its own, or one that was named?
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'
import type { BenchServer } from './server.ts'

/** What the guide recommends: values of up to this many bytes stay packed. */
const PACKED = '512'

function program(): string | undefined {
  const candidates = [process.env['REDIS_SERVER'], 'redis-server', 'valkey-server']
  return candidates.find((each) => each !== undefined && each !== '' && spawnSync(each, ['--version']).status === 0)
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) break
    const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null })
    client.on('error', () => undefined) // refused until the server is up
    const up = await client.connect().then(
      () => true,
      () => false,
    )
    client.disconnect()
    if (up) return
    await delay(50)
  }
  throw new Error('redis-server did not start')
}

async function own(server: string): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-redis-'))
  const port = await freePort()
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
  const child = spawn(server, [...settings, '--hash-max-listpack-value', PACKED], { stdio: 'ignore' })
  await answers(port, child)
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A database that somebody named is used only while it is empty, and is emptied afterwards. */
async function named(url: string): Promise<BenchServer> {
  const client = new Redis(url)
  try {
    if ((await client.dbsize()) > 0) throw new Error('REDIS_URL must name an empty database: the bench empties it afterwards.')
  } catch (error) {
    client.disconnect()
    throw error
  }
  return {
    url,
    async stop() {
      await client.flushdb()
      client.disconnect()
    },
  }
}

/** An empty Redis; `undefined` where none is named in `REDIS_URL` and no program is installed. */
export async function startRedis(): Promise<BenchServer | undefined> {
  const url = process.env['REDIS_URL']
  if (url !== undefined) return await named(url)
  const server = program()
  return server === undefined ? undefined : await own(server)
}
