// How does every contestant get a process of its own, with all clients logged in?
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Contestant } from './contestant.ts'
import { CLIENTS, logIn } from './load.ts'

const SERVER = fileURLToPath(new URL('./server.ts', import.meta.url))

/** A contestant that is ready to be asked. */
export interface Runner extends Contestant {
  readonly port: number
  /** Where it keeps its files. */
  readonly folder: string
  /** What each client sends. */
  readonly cookies: readonly string[]
  /** How much CPU time its process has had, user and system, all threads. Unit: microseconds. */
  cpu(): Promise<number>
  stop(): Promise<void>
}

async function portOf(child: ChildProcess, name: string): Promise<number> {
  const [port]: unknown[] = await Promise.race([once(child, 'message'), once(child, 'exit')])
  if (typeof port === 'number' && child.exitCode === null) return port
  throw new Error(`${name} did not start`)
}

/** Starts a contestant below `folder`. It waits for requests and costs nothing until it is asked. */
async function start({ name, framework }: Contestant, folder: string): Promise<Runner> {
  const own = join(folder, name.replaceAll(/\W+/g, '-'))
  mkdirSync(own)
  const child = fork(SERVER, [name, own], { env: { ...process.env, NODE_ENV: 'production' } })
  const port = await portOf(child, name)
  const cookies = await Promise.all(Array.from({ length: CLIENTS }, () => logIn(port)))
  const cpu = async () => {
    const answer = once(child, 'message')
    child.send('cpu')
    // What `server.ts` answers to any message.
    const [{ user, system }] = (await answer) as [NodeJS.CpuUsage]
    return user + system
  }
  const stop = async () => {
    const ended = once(child, 'exit')
    child.disconnect()
    await ended
  }
  return { name, framework, port, folder: own, cookies, cpu, stop }
}

/** Starts contestants, one after the other. */
export async function startAll(contestants: readonly Contestant[], folder: string): Promise<readonly Runner[]> {
  const runners: Runner[] = []
  for (const contestant of contestants) runners.push(await start(contestant, folder))
  return runners
}
