// How is a server asked by many clients at once, so that asking costs little?
//
// Plain sockets with prepared requests: who asks must be faster than the fastest server.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

/** How many clients ask at once, each with a session of its own. */
export const CLIENTS = 50

const request = (path: string, cookie: string) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${cookie === '' ? '' : `Cookie: ${cookie}\r\n`}\r\n`

/** Logs a client in; answers the cookie it is to send. */
export async function logIn(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/login`)
  await response.text()
  if (!response.ok) throw new Error(`The login was answered with ${response.status}`)
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
}

/** Whether what was received is a whole response; anything but 200 is an error of the set-up. */
function isWhole(received: string): boolean {
  const head = received.indexOf('\r\n\r\n')
  if (head < 0) return false
  if (!received.startsWith('HTTP/1.1 200')) throw new Error(`A request was answered with ${received.slice(0, 200)}`)
  const length = /content-length: (\d+)/i.exec(received)?.[1]
  return length === undefined ? received.endsWith('\r\n0\r\n\r\n') : received.length >= head + 4 + Number(length)
}

/** Has one client ask again and again until `isOver`; answers how often it was answered. */
function keepAsking(socket: Socket, message: string, isOver: () => boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    let answered = 0
    let received = ''
    const fail = (error: unknown) => reject(error instanceof Error ? error : new Error(String(error)))
    socket.on('error', fail)
    socket.on('close', () => fail('The server closed a connection'))
    socket.on('data', (chunk: string) => {
      received += chunk
      try {
        if (!isWhole(received)) return
      } catch (error) {
        return fail(error)
      }
      received = ''
      answered += 1
      if (isOver()) resolve(answered)
      else socket.write(message)
    })
    socket.write(message)
  })
}

/** What a load came to. */
export interface Load {
  readonly requests: number
  readonly microseconds: number
}

/**
 * Keeps this process from falling asleep; answers how to stop that. A server that answers a client who sleeps pays for waking it, in its own
 * CPU time: the fastest server finds its clients awake and the others do not, so that their difference would be that of the clients.
 */
function stayAwake(): () => void {
  let isAwake = true
  const turn = () => {
    if (isAwake) setImmediate(turn)
  }
  turn()
  return () => {
    isAwake = false
  }
}

/** Has all clients ask for as long as told. */
export async function load(port: number, path: string, cookies: readonly string[], milliseconds: number): Promise<Load> {
  const sockets = await Promise.all(
    cookies.map(async () => {
      const socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1')
      await once(socket, 'connect')
      return socket
    }),
  )
  const fallAsleep = stayAwake()
  const begin = performance.now()
  const isOver = () => performance.now() - begin > milliseconds
  const counts = await Promise.all(sockets.map((socket, at) => keepAsking(socket, request(path, cookies[at] ?? ''), isOver)))
  const elapsed = performance.now() - begin
  fallAsleep()
  for (const socket of sockets) socket.removeAllListeners('close').destroy()
  return { requests: counts.reduce((sum, count) => sum + count, 0), microseconds: elapsed * 1000 }
}

/** One client asks so many times, one after the other. */
export async function ask(port: number, path: string, cookie: string, times: number): Promise<void> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('latin1')
  let left = times
  await keepAsking(socket, request(path, cookie), () => {
    left -= 1
    return left <= 0
  })
  socket.removeAllListeners('close').destroy()
}
