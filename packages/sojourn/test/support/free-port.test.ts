// Can the servers of tests keep the ports that they are given?
import { createServer, type Server } from 'node:net'
import { expect, it, vi } from 'vitest'
import { freePort } from './free-port.ts'

it('gives no port twice, and none that an outgoing connection could have, nor as the bus of a cluster', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, freePort))
  expect(new Set(ports).size).toBe(200)
  for (const port of ports) expect(port + 10_000).toBeLessThan(32_768)
})

it.each([
  ['it', 0],
  ['its bus', 10_000],
])('gives another port where somebody listens on %s', async (_, above) => {
  const [server, taken] = await listening(above)
  const random = vi.spyOn(Math, 'random').mockReturnValueOnce((taken - 10_000 + 0.5) / 12_768)
  try {
    expect(await freePort()).not.toBe(taken)
    expect(random).toHaveBeenCalledTimes(2)
  } finally {
    random.mockRestore()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** A server that listens so far above a port that `freePort` might give, and that port. */
async function listening(above: number): Promise<[Server, number]> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 12_768)
    const server = createServer()
    const listens = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port + above, '127.0.0.1', () => resolve(true))
    })
    if (listens) return [server, port]
  }
}
