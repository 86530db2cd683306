// What does the web face need to know of a request that came through Hono?
import type { Context } from 'hono'
import { bodyKind, fieldOf } from '../web/body-field.ts'

/** What @hono/node-server tells of the connection; other runtimes say the scheme in the URL. */
export function connectionOf({ env }: Context): { readonly encrypted?: boolean; readonly remoteAddr?: string } {
  const socket: unknown = env?.incoming?.socket
  if (typeof socket !== 'object' || socket === null) return {}
  const remoteAddr: unknown = Reflect.get(socket, 'remoteAddress')
  return { encrypted: Reflect.get(socket, 'encrypted') === true, ...(typeof remoteAddr === 'string' ? { remoteAddr } : {}) }
}

/** A field of the body, of which Hono keeps a copy for the handler. */
export async function bodyField(c: Context, name: string): Promise<unknown> {
  const body: unknown = await (bodyKind(c.req.header('content-type')) === 'json' ? c.req.json() : c.req.parseBody()).catch(
    () => undefined,
  )
  return fieldOf(body, name)
}
