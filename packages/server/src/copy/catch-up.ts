// Has everything reached the source's sessions that its directory wants of them?
import type { Side } from './side.ts'

/** How many are asked for at a time. */
const BATCH = 100

/**
 * Where users and sessions are kept apart, a process that was killed may have left revocations to be made. Every Sojourn makes them when
 * it starts; a copy of a source that nobody uses makes them as well, so that no session arrives alive that should be dead.
 */
export async function catchUp({ directory, sessions }: Side, clock: () => number): Promise<void> {
  if (directory.sessions === sessions) return
  for (let left = BATCH; left === BATCH; ) {
    const pending = await directory.pendingEffects(BATCH)
    for (const { effect } of pending) {
      const { principal } = effect
      if (effect.kind === 'bump') await sessions.bump(principal)
      else await sessions.revoke(effect.except === undefined ? { principal } : { principal, except: effect.except }, clock())
    }
    if (pending.length > 0) await directory.settleEffects(pending.map(({ id }) => id))
    left = pending.length
  }
}
