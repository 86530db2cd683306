// How do changes of users reach their sessions, also where users and sessions are kept apart?
//
// Then an effect is a row of the directory until it has been applied. Applied a second time, a revocation would end a session that was begun
// after the first, by somebody who has just logged in with the new password. So a row is left to its author at first: others apply what they
// have found in several looks, which is longer than an author takes whose stores answer, and short enough that what a killed process leaves is
// made within 5 seconds. Of the two that bound counts more: an author that is slower costs somebody a login, a session of a locked user more.
import type { EngineCore } from '../engine/core.ts'
import type { Directory, DirectoryWrite, Effect, PendingEffect } from './directory.ts'

/** Applies what directory writes do to sessions. */
export interface Effects {
  /** Who applies: the directory in its transaction, or we after its commit. */
  readonly mode: DirectoryWrite['applyEffects']
  /** Applies and settles what a write left pending, and tells it. Rejects when the session store is away; this process's next look repeats it. */
  apply(effects: readonly Effect[], pending: readonly PendingEffect[]): Promise<void>
  /** Looks for what a process that was killed, or met an outage, left behind, and applies it. To be called every {@link CATCH_UP_INTERVAL}. */
  catchUp(): Promise<void>
}

/** How often effects that were left behind are looked for. Unit: milliseconds. */
export const CATCH_UP_INTERVAL = 1000

/** After how many more looks a row counts as left behind. */
const PATIENCE = 3

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
  /** Rows that this process wrote and could not apply: nobody is at work on them. */
  const failed = new Set<PendingEffect['id']>()
  /** The oldest rows that are waiting, and since which look. */
  let since = new Map<PendingEffect['id'], number>()
  let looks = 0

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
    await Promise.all(pending.map(({ effect }) => applyOne(effect)))
    if (pending.length > 0) await directory.settleEffects(pending.map(({ id }) => id))
  }

  /** The oldest row that nobody is at work on. */
  async function oldestLeft(): Promise<PendingEffect | undefined> {
    const pending = await directory.pendingEffects(BATCH)
    // Where there were more than are read at once, the next have been waiting as well.
    const atLatest = since.size < BATCH ? looks : Math.min(...since.values())
    since = new Map(pending.map(({ id }) => [id, since.get(id) ?? atLatest]))
    return pending.find(({ id }) => failed.has(id) || looks - (since.get(id) ?? looks) >= PATIENCE)
  }

  return {
    mode: isTogether ? 'here' : 'later',
    async apply(effects, pending) {
      try {
        await settle(pending)
      } catch (error) {
        for (const { id } of pending) failed.add(id)
        throw error
      }
      for (const effect of effects) tell(effect)
    },
    async catchUp() {
      if (isTogether) return
      looks += 1
      for (;;) {
        const next = await oldestLeft()
        if (next === undefined) return
        await settle([next])
        failed.delete(next.id)
        tell(next.effect)
      }
    },
  }
}
