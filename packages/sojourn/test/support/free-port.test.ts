// Can the servers of tests keep the ports that they are given?
import { rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { freePort } from './free-port.ts'
import { templates } from './templates.ts'

it('gives no port twice, none that an outgoing connection could have, and none where the bus of a cluster may be', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, freePort))
  expect(new Set(ports).size).toBe(200)
  for (const port of ports) {
    expect(port).toBeGreaterThanOrEqual(10_000)
    expect(port).toBeLessThan(20_000)
  }
})

it.each([
  ['it', 0],
  ['its bus', 10_000],
])('gives another port where somebody listens on %s', async (_, above) => {
  const [server, taken] = await listening(above)
  const random = vi.spyOn(Math, 'random').mockReturnValueOnce((taken - 10_000 + 0.5) / 10_000)
  try {
    expect(await freePort()).not.toBe(taken)
    expect(random.mock.calls.length).toBeGreaterThan(1)
  } finally {
    random.mockRestore()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** A server that listens so far above a port that nobody has been given, and that port. */
async function listening(above: number): Promise<[Server, number]> {
  const port = await freePort()
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port + above, '127.0.0.1', resolve)
  })
  rmSync(join(templates(), `port-${port}`)) // as if nobody had asked for it
  return [server, port]
}
