// What happens to sessions under load while servers come and go, and was every answer right?
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { isSojournError, type Principal, type SessionStore } from 'sojourn'
import { HOUR, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'

/** Load that goes on until it is stopped. */
export interface Load {
  /** How many calls were answered, and how many with an error that said so. */
  count(): { answered: number; failed: number }
  /** Ends the load, then looks at every session again. Rejects where an answer was wrong. */
  finish(store: SessionStore): Promise<void>
}

interface Counted {
  readonly id: string
  acknowledged: number
  unknown: number
}

/**
 * Starts workers that create, count in, end and read sessions. What must hold: a session whose end was acknowledged never answers
 * again; in stores where every write waits for a replica (`lossless`), none of the others is lost and every count is exact; every error is
 * `ERR_STORE_UNAVAILABLE`.
 */
export function startLoad(
  stores: readonly SessionStore[],
  kind: 'lossless' | 'ordinary',
  owner: () => Principal = principal,
  workers = 6,
): Load {
  const dead = new Set<string>()
  const living: Counted[] = []
  const wrong: unknown[] = []
  let [answered, failed, running] = [0, 0, true]

  /** What a call came to; `undefined` where it failed as it may. */
  async function tried<T>(call: () => Promise<T>): Promise<{ value: T } | { applied: 'no' | 'unknown' | undefined }> {
    try {
      const value = await call()
      answered += 1
      return { value }
    } catch (error) {
      if (!isSojournError(error, 'ERR_STORE_UNAVAILABLE')) throw error
      failed += 1
      await delay(20)
      return { applied: error.applied }
    }
  }

  async function assertDead(store: SessionStore, id: string): Promise<void> {
    const found = await tried(() => store.load(id, 'all', NOW))
    if ('value' in found) assert.equal(typeof found.value === 'object' ? 'alive' : 'dead', 'dead', `${id} came back`)
  }

  async function lifeOf(store: SessionStore): Promise<void> {
    const who = owner()
    const [kept, deleted, revoked] = [newSession(who), newSession(who), newSession(who)]
    const later = principal()
    for (const session of [kept, deleted, revoked]) {
      const made = await tried(() => store.create(session))
      if (!('value' in made)) return
      assert.equal(made.value.outcome, 'done')
    }
    const gone = await tried(() => store.delete(deleted.id, NOW, NOW + HOUR))
    if ('value' in gone) {
      assert.ok(gone.value || kind === 'ordinary', 'a session was lost before it was deleted')
      dead.add(deleted.id)
      await assertDead(store, deleted.id)
    }
    const count: Counted = { id: kept.id, acknowledged: 0, unknown: 0 }
    for (let adds = 0; adds < 5; adds += 1) {
      const added = await tried(() => store.update(kept.id, { attributes: [{ name: 'n', when: 'always', add: 1 }] }, NOW))
      if (!('value' in added)) count.unknown += added.applied === 'no' ? 0 : 1
      else if (added.value.outcome === 'done') count.acknowledged += 1
      else assert.equal(kind, 'ordinary', `an update answered ${added.value.outcome}`)
    }
    const ended = await tried(() => store.revoke({ principal: who, except: kept.id }, NOW))
    if ('value' in ended) {
      dead.add(revoked.id)
      await assertDead(store, revoked.id)
      const spared = await tried(() => store.load(kept.id, 'all', NOW))
      if ('value' in spared && kind === 'lossless') assert.equal(typeof spared.value, 'object', `${kept.id} was not spared`)
      living.push(count)
    }
    await tried(() => store.bump(later))
  }

  const flights = Array.from({ length: workers }, async (_, index) => {
    const store = stores[index % stores.length]
    while (running && store !== undefined) {
      await lifeOf(store).catch((error: unknown) => {
        wrong.push(error)
        running = false
      })
    }
  })

  async function settled<T>(call: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries += 1) {
      const done = await tried(call)
      if ('value' in done) return done.value
      assert.ok(tries < 200, 'the store does not recover')
    }
  }

  return {
    count: () => ({ answered, failed }),
    async finish(store) {
      running = false
      await Promise.all(flights)
      if (wrong.length > 0) throw wrong[0]
      for (const id of dead) {
        const found = await settled(() => store.load(id, 'all', NOW))
        assert.notEqual(typeof found, 'object', `${id} came back`)
      }
      if (kind === 'ordinary') return
      for (const { id, acknowledged, unknown } of living) {
        const found = await settled(() => store.load(id, 'all', NOW))
        assert.ok(typeof found === 'object', `${id} was lost`)
        const value = Number(found.attributes.get('n')?.value ?? 0)
        assert.ok(
          value >= acknowledged && value <= acknowledged + unknown,
          `${value} is not ${acknowledged} and up to ${unknown} more`,
        )
      }
    },
  }
}
