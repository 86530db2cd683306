// Which session does the cookie of a request lead to?
import type { Opened } from '../engine/core.ts'
import { cookiesNamed } from './cookie.ts'
import { rethrow } from './failure.ts'
import { adopt, nothingStored, type SessionState, type WebContext, type WebRequest } from './state.ts'

/** Reads the session of a request into its state: one store call where there is a cookie that could be ours, none otherwise. */
export async function loadState(state: SessionState, context: WebContext, request: WebRequest): Promise<void> {
  try {
    let opened: Opened | undefined
    // The first cookie that opens a live session counts; a browser sends several where a subdomain or path has set one too.
    for (const token of tokensOf(request, context)) {
      // Once the response has begun its browser can be given no other token, and a touch could not be saved.
      const passive = request.passive || state.phase === 'missed'
      const next = await context.core.open(token, { want: 'all', passive })
      if (opened?.state !== 'ended' || next.state === 'live') opened = next
      if (next.state === 'live') break
    }
    if (opened?.state === 'live') {
      const { handle } = opened
      const { principal } = handle.header()
      const user = principal === null ? undefined : context.users.load(principal, handle.version ?? 0)
      adopt(state, handle, user instanceof Promise ? await user : user, context)
    } else Object.assign(state, nothingStored(context))
    if (state.phase === 'missed') state.phase = 'committed'
    else state.phase = opened?.state === 'ended' ? 'ended' : 'open'
  } catch (error) {
    rethrow(context.core, 'load', error)
  }
}

/** What could be our token, in the order of the header. */
function tokensOf({ facts, transport }: WebRequest, { cookie }: WebContext): readonly string[] {
  return transport.cookie === 'none' ? [] : cookiesNamed(facts.header('cookie') ?? '', cookie[transport.cookie].name)
}
