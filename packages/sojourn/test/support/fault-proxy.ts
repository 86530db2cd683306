// How do tests break the network between a client and a server?
import { connect, createServer, type Socket } from 'node:net'
import { freePort } from './free-port.ts'

/** What a proxy does to the bytes that pass. */
export interface Fault {
  /** Delays what passes in either direction. Unit: milliseconds. */
  readonly latency?: number
  /** `black-hole`: takes bytes and passes none on, in either direction. `half-open`: the same for answers alone. */
  readonly drops?: 'black-hole' | 'half-open'
}

/** A TCP proxy that can be told to misbehave. */
export interface FaultProxy {
  readonly port: number
  /** Misbehaves like this from now on; `{}` is good behaviour. Bytes that were dropped stay lost. */
  fault(fault: Fault): void
  /**
   * Passes nothing on any more for the connections that are open now, and ends none of them, as when a host is lost or a firewall has
   * forgotten them. New ones are well. @param spared how many of the oldest connections are left alone.
   */
  silence(spared?: number): void
  /** Stops listening, so that new connections are refused. Open ones stay. */
  refuse(): void
  /** Listens again. */
  accept(): Promise<void>
  /** Leads new connections to another server from now on. Open ones stay where they are. */
  redirect(upstream: number): void
  /** Ends all connections by a reset. */
  reset(): void
  /** How many connections are open. */
  connections(): number
  close(): Promise<void>
}

/** An outage of what is reached through a proxy: nobody gets through, and after it everybody again. */
export function outageOf(proxy: FaultProxy): { begin(): Promise<void>; end(): Promise<void> } {
  return {
    async begin() {
      proxy.refuse()
      proxy.reset()
    },
    end: () => proxy.accept(),
  }
}

/** Starts a proxy on 127.0.0.1 in front of a server there. */
export async function faultProxy(upstream: number): Promise<FaultProxy> {
  const sockets = new Set<Socket>()
  const silent = new WeakSet<Socket>()
  let present: Fault = {}
  let destination = upstream

  function pass(from: Socket, to: Socket, isAnswer: boolean): void {
    let sent = Promise.resolve()
    from.on('data', (chunk) => {
      const { drops, latency } = present
      if (silent.has(from)) return
      if (drops === 'black-hole' || (drops === 'half-open' && isAnswer)) return
      sent = sent.then(async () => {
        if (latency !== undefined) await new Promise((resolve) => setTimeout(resolve, latency))
        if (!to.destroyed) to.write(chunk)
      })
    })
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      if (present.drops === undefined) void sent.then(() => to.destroySoon())
    })
  }

  const server = createServer((client) => {
    const target = connect(destination, '127.0.0.1')
    for (const socket of [client, target]) sockets.add(socket.setNoDelay())
    pass(client, target, false)
    pass(target, client, true)
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const port = await freePort()
  await listen(port)

  return {
    port,
    silence(spared = 0) {
      for (const socket of [...sockets].slice(2 * spared)) silent.add(socket)
    },
    refuse() {
      server.close()
    },
    accept: () => listen(port),
    fault(fault) {
      present = fault
    },
    redirect(to) {
      destination = to
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    connections: () => sockets.size / 2,
    async close() {
      for (const socket of sockets) socket.destroy()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}
