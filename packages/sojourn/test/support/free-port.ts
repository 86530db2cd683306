// Which port of this machine can a server of a test have, now and when it is started again?
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { templates } from './templates.ts'

/**
 * Where systems begin to give ports to outgoing connections (Linux 32,768, others 49,152). A port from there may be somebody's by the time its
 * server starts, and again while it is down.
 */
const EPHEMERAL = 32_768

/** The bus of a Redis Cluster listens this far above the port of its clients. */
const BUS = 10_000

const LOWEST = 10_000

/** A port of 127.0.0.1 on which, and on the one 10,000 above, nobody listens, and which no other suite of this run is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (EPHEMERAL - BUS - LOWEST))
    if (isOurs(port) && (await isFree(port)) && (await isFree(port + BUS))) return port
  }
}

/** Whether this was the first to ask for a port, of all processes of the run. */
function isOurs(port: number): boolean {
  try {
    writeFileSync(join(templates(), `port-${port}`), '', { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const listens = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  if (listens) await new Promise((resolve) => server.close(resolve))
  return listens
}
