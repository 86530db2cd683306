// How does a cache stay connected to the channel that keeps it coherent?

import type { Millis } from '../time.ts'
import type { InvalidationChannel, InvalidationLink, InvalidationListener } from './invalidation.ts'

/** Pauses between attempts to connect: the first, doubled up to the longest. */
const FIRST_PAUSE = 50
const LONGEST_PAUSE = 2000

/** Hears the news, and whether there is a connection to bring any. */
export interface ConnectionListener extends Omit<InvalidationListener, 'broken'> {
  connected(link: InvalidationLink): void
  /** After `connected`, or instead of it. */
  disconnected(cause: unknown): void
}

/**
 * Connects, and again whenever that is over, until it is closed. Every `interval` the link is asked to settle; one that does not within an
 * interval is given up, and so is an attempt to connect. Answers a function that closes it.
 */
export function stayConnected(channel: InvalidationChannel, listener: ConnectionListener, interval: Millis): () => void {
  const { session, group, everything } = listener
  let failures = 0
  let isClosed = false
  let endPresent: (cause: unknown) => void
  let timer: NodeJS.Timeout | undefined

  function after(pause: Millis, run: () => void): void {
    clearTimeout(timer)
    timer = setTimeout(run, pause)
    timer.unref() // it is for others to keep the process alive
  }

  function attempt(): void {
    const abandoning = new AbortController()
    let link: InvalidationLink | undefined
    let isOver = false

    const end = (cause: unknown): void => {
      if (isOver) return
      isOver = true
      if (link === undefined) abandoning.abort()
      else link.close()
      listener.disconnected(cause)
      if (!isClosed) after(Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE), attempt)
      failures += 1
    }
    const expectSoon = () => after(interval, () => end(new Error(`The channel did not answer within ${interval} ms.`)))
    const rest = (present: InvalidationLink): void => {
      after(interval, () => {
        expectSoon()
        present.settled().then(() => {
          if (!isOver) rest(present)
        }, end)
      })
    }

    endPresent = end
    expectSoon()
    channel.connect({ session, group, everything, broken: end }, abandoning.signal).then((opened) => {
      if (isOver) {
        opened.close()
        return
      }
      link = opened
      failures = 0
      listener.connected(opened)
      rest(opened)
    }, end)
  }

  attempt()
  return () => {
    isClosed = true
    clearTimeout(timer)
    endPresent(undefined)
  }
}
