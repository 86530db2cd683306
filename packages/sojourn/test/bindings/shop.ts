// What is the same in the shop on every framework?
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SojournError } from 'sojourn'
import type { WebSession, WebSessions } from 'sojourn/web'

export interface Shop {
  cart: string[]
  count: number
  user: string
}

export type ShopWeb = WebSessions<Shop>

/** How a binding is used in a test. */
export interface ServerOptions {
  readonly lazy?: boolean
  readonly passive?: () => boolean
  readonly onError?: (error: unknown) => void
}

export interface Running {
  readonly url: string
  close(): Promise<void>
}

/** What Sojourn throws at a handler. */
export const refusal = () => new SojournError('ERR_USER_MISSING', 'There is no such user.')

/** What the handlers of all frameworks do to the session. */
export const ACTIONS: Record<string, (session: WebSession<Shop>) => unknown> = {
  add: (session) => session.set('cart', [...session.get('cart', []), 'tea']),
  push: (session) => session.get('cart')?.push('milk'),
  count: (session) => session.increment('count'),
  login: (session) => session.login('anna'),
  logout: (session) => session.logout(),
  big: (session) => session.set('user', 'x'.repeat(300_000)),
  key: (session) => session.securityKey(),
}

/** Does one of them, and says what the session then holds. */
export function act(session: WebSession<Shop>, name: string | undefined): unknown {
  return {
    done: ACTIONS[name ?? '']?.(session) ?? null,
    cart: session.get('cart', []),
    count: session.get('count', 0),
    user: session.userId,
  }
}

/** What is found by who loads a session too late. */
export async function loadLate(session: WebSession<Shop>): Promise<string> {
  await session.load()
  try {
    session.set('user', 'late')
    return 'changed'
  } catch (error) {
    return `${session.get('cart', []).join()};${Reflect.get(Object(error), 'code')}`
  }
}

/** Starts a server on a port of its own. */
export async function listening(server: Server): Promise<Running> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
