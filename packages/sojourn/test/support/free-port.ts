// Which port of this machine can a server of a test have, now and when it is started again?
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { templates } from './templates.ts'

/**
 * They and the ports of their buses lie below those that systems give to outgoing connections (Linux from 32,768, others from 49,152), which may
 * be somebody's by the time a server starts, and again while it is down. No port is another one's bus.
 */
const PORTS = { from: 10_000, to: 20_000 } as const

/** The bus of a Redis Cluster listens this far above the port of its clients. */
const BUS = 10_000

/** A port of 127.0.0.1 on which, and on the one 10,000 above, nobody listens; no other suite of this run is given either. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from))
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
