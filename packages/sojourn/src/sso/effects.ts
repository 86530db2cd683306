// How do changes of users reach their sessions, also where users and sessions are kept apart?
import type { EngineCore } from '../engine/core.ts'
import type { Directory, DirectoryWrite, Effect, PendingEffect } from './directory.ts'

/** Applies what directory writes do to sessions. */
export interface Effects {
  /** Who applies: the directory in its transaction, or we after its commit. */
  readonly mode: DirectoryWrite['applyEffects']
  /** Applies and settles what a write left pending, and tells it. Rejects when the session store is away; the next round repeats it. */
  apply(effects: readonly Effect[], pending: readonly PendingEffect[]): Promise<void>
  /** Applies what a process that was killed, or met an outage, left behind. */
  catchUp(): Promise<void>
}

const BATCH = 100

/**
 * Applies effects to the sessions of this installation.
 *
 * @param isTogether whether the directory keeps these sessions too.
 */
export function createEffects(
  core: Pick<EngineCore, 'store' | 'events' | 'clock'>,
  directory: Pick<Directory, 'pendingEffects' | 'settleEffects'>,
  isTogether: boolean,
): Effects {
  const { clock } = core

  async function applyOne(effect: Effect): Promise<void> {
    const { principal } = effect
    if (effect.kind === 'bump') return core.store.bump(principal)
    await core.store.revoke(effect.except === undefined ? { principal } : { principal, except: effect.except }, clock())
  }

  function tell(effect: Effect): void {
    const principal = effect.principal.id
    const at = clock()
    if (effect.kind === 'bump') core.events.emit({ type: 'user.refreshed', at, principal })
    else {
      const except = effect.except === undefined ? {} : { except: effect.except }
      core.events.emit({ type: 'sessions.revoked', at, scope: 'principal', principal, ...except })
    }
  }

  async function settle(pending: readonly PendingEffect[]): Promise<void> {
    for (const { effect } of pending) await applyOne(effect)
    if (pending.length > 0) await directory.settleEffects(pending.map(({ id }) => id))
  }

  return {
    mode: isTogether ? 'here' : 'later',
    async apply(effects, pending) {
      await settle(pending)
      for (const effect of effects) tell(effect)
    },
    async catchUp() {
      if (isTogether) return
      for (let left = BATCH; left === BATCH; ) {
        const pending = await directory.pendingEffects(BATCH)
        await settle(pending)
        for (const { effect } of pending) tell(effect)
        left = pending.length
      }
    },
  }
}
