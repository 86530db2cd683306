// What does the web face need to know of a request that came through Hono?
import type { Context } from 'hono'
import { bodyKind, fieldOf, requestField } from '../web/body-field.ts'

/** Whether a request came through `@hono/node-server`. */
export function isOfNode(c: Context): boolean {
  return socketOf(c) !== undefined
}

/** What `@hono/node-server` tells of the connection; other runtimes say the scheme in the URL. */
export function connectionOf(c: Context): { readonly encrypted?: boolean; readonly remoteAddr?: string } {
  const socket = socketOf(c)
  if (socket === undefined) return {}
  const remoteAddr: unknown = Reflect.get(socket, 'remoteAddress')
  return { encrypted: Reflect.get(socket, 'encrypted') === true, ...(typeof remoteAddr === 'string' ? { remoteAddr } : {}) }
}

function socketOf({ env }: Context): object | undefined {
  const socket: unknown = env?.incoming?.socket
  return typeof socket === 'object' && socket !== null ? socket : undefined
}

/** A field of the body, which the handler still has: read from a copy, or where it was read before from what Hono has kept. */
export async function bodyField(c: Context, name: string): Promise<unknown> {
  if (!c.req.raw.bodyUsed) return requestField(c.req.raw, name)
  const body: unknown = await (bodyKind(c.req.header('content-type')) === 'json' ? c.req.json() : c.req.parseBody()).catch(
    () => undefined,
  )
  return fieldOf(body, name)
}
