// Which session does the cookie of a request lead to?
import type { SessionHandle } from '../engine/core.ts'
import { cookiesNamed } from './cookie.ts'
import { tellFailure } from './failure.ts'
import { adopt, nothingStored, type SessionState, type WebContext, type WebRequest } from './state.ts'

/** Reads the session of a request into its state: one store call where there is a cookie that could be ours, none otherwise. */
export async function loadState(state: SessionState, context: WebContext, request: WebRequest): Promise<void> {
  try {
    await read(state, context, request)
  } catch (error) {
    tellFailure(context.core, 'load', error)
    throw error
  }
}

async function read(state: SessionState, context: WebContext, request: WebRequest): Promise<void> {
  const found = await openFirst(context, request)
  if (typeof found === 'object') {
    const { principal } = found.header()
    const user = principal === null ? undefined : await context.users.load(principal, found.version ?? 0)
    adopt(state, found, user, context)
  } else Object.assign(state, nothingStored(context))
  state.phase = found === 'ended' ? 'ended' : 'open'
}

/** The first cookie that opens a live session counts; a browser sends several where a subdomain or path has set one too. */
async function openFirst(
  { core, cookie }: WebContext,
  { facts, transport, passive }: WebRequest,
): Promise<SessionHandle | 'ended' | undefined> {
  const header = transport.cookie === 'none' ? undefined : facts.header('cookie')
  if (header === undefined || transport.cookie === 'none') return undefined
  let ended = false
  for (const token of cookiesNamed(header, cookie[transport.cookie].name)) {
    const opened = await core.open(token, { want: 'all', passive })
    if (opened.state === 'live') return opened.handle
    ended ||= opened.state === 'ended'
  }
  return ended ? 'ended' : undefined
}
