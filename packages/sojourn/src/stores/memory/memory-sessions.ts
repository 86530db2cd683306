// How are sessions kept in the memory of this process?
//
// Layout: one record a session, whose parts are replaced by every change, so that what was read stays as it was; queues in the order of
// creation for everybody, for the guests and for each principal, for lists and sweeps; counters of their own.
import { wantedAttributes } from '../../engine/attributes/apply-attributes.ts'
import { appendHistory, applyChange } from '../../engine/attributes/apply-change.ts'
import { numberOfCursor } from '../../engine/cursor.ts'
import { SojournError } from '../../engine/error.ts'
import type {
  EndedSession,
  Interaction,
  Outcome,
  SessionHeader,
  SessionId,
  SessionStore,
  StoredAttribute,
} from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import { type MemoryCounters, memoryCounters } from './memory-counters.ts'
import { type Queue, type Queued, queue } from './memory-queue.ts'
import { sweepOf } from './memory-sweep.ts'

interface Kept extends Queued {
  header: SessionHeader
  attributes: ReadonlyMap<string, StoredAttribute>
  history: readonly Interaction[]
  writes: number
  /** The generations under which it was created: of its principal or the guests, and of everybody. */
  generation: number
  readonly generationOfAll: number
}

/** Keeps the id of a deleted session taken. */
interface Tombstone extends Queued {
  readonly id: SessionId
  until: Millis
}

const DONE: Outcome = { outcome: 'done', added: new Map() }

/** Keeps sessions in the memory of this process. The directory part moves the same `counters`. */
export function memorySessions(counters: MemoryCounters = memoryCounters()): SessionStore {
  const sessions = new Map<SessionId, Kept>()
  const tombstones = new Map<SessionId, Tombstone>()
  const everybody = queue<Kept>()
  const guests = queue<Kept>()
  const principals = new Map<string, Queue<Kept>>()
  const graves = queue<Tombstone>()
  const sweepSessions = sweepOf(everybody)
  const sweepGraves = sweepOf(graves)
  let sequence = 0
  let closed = false

  /** Runs one call: at once and whole, which is what makes it atomic. */
  async function call<T>(run: () => T): Promise<T> {
    if (closed) throw new SojournError('ERR_STORE_UNAVAILABLE', 'The memory store was closed.', { applied: 'no' })
    return run()
  }

  const generationOf = (principal: string | null) =>
    principal === null ? counters.guests() : counters.of({ id: principal }).generation
  const versionOf = (principal: string | null) => (principal === null ? 0 : counters.of({ id: principal }).version)

  function whyDead(kept: Kept, now: Millis): EndedSession['reason'] | undefined {
    if (kept.generationOfAll !== counters.all() || kept.generation !== generationOf(kept.header.principal)) return 'revoked'
    return kept.header.expiresAt <= now ? 'expired' : undefined
  }

  function live(id: SessionId, now: Millis): Kept | undefined {
    const kept = sessions.get(id)
    return kept !== undefined && whyDead(kept, now) === undefined ? kept : undefined
  }

  const ownQueue = (principal: string | null) => (principal === null ? guests : principals.get(principal))

  function add(kept: Kept): void {
    const { id, principal } = kept.header
    if (principal !== null && !principals.has(principal)) principals.set(principal, queue())
    sessions.set(id, kept)
    everybody.push(kept)
    ownQueue(principal)?.push(kept)
  }

  function remove(kept: Kept): void {
    const { id, principal } = kept.header
    sessions.delete(id)
    kept.removed = true
    everybody.forget()
    const own = ownQueue(principal)
    own?.forget()
    if (principal !== null && own?.size() === 0) principals.delete(principal)
  }

  const isBuried = (id: SessionId, now: Millis) => (tombstones.get(id)?.until ?? now) > now

  function bury(id: SessionId, until: Millis): void {
    const present = tombstones.get(id)
    if (present !== undefined) {
      present.until = Math.max(present.until, until)
      return
    }
    sequence += 1
    const tombstone = { sequence, removed: false, id, until }
    tombstones.set(id, tombstone)
    graves.push(tombstone)
  }

  function unbury(id: SessionId): void {
    const tombstone = tombstones.get(id)
    if (tombstone === undefined) return
    tombstones.delete(id)
    tombstone.removed = true
    graves.forget()
  }

  function sweep(now: Millis, limit: number): { removed: number; ended: readonly EndedSession[]; more: boolean } {
    const dead = sweepSessions((kept) => whyDead(kept, now) !== undefined, limit)
    const ended = dead.dead.map((kept) => ({
      id: kept.header.id,
      principal: kept.header.principal,
      reason: whyDead(kept, now) ?? 'expired',
    }))
    for (const kept of dead.dead) remove(kept)
    const rest = limit - ended.length
    if (rest === 0) return { removed: limit, ended, more: true }
    const old = sweepGraves(({ until }) => until <= now, rest)
    for (const { id } of old.dead) unbury(id)
    return { removed: ended.length + old.dead.length, ended, more: dead.more || old.more }
  }

  return {
    sweepInterval: 300,

    counters: (principal) => call(() => counters.of(principal)),

    create: (session, expect) =>
      call(() => {
        const { id, principal, createdAt } = session
        const former = sessions.get(id)
        const isTaken = former !== undefined && whyDead(former, createdAt) !== 'expired'
        if (isTaken || isBuried(id, createdAt)) return { outcome: 'exists' }
        const generation = generationOf(principal)
        if (expect !== undefined && (expect.generation !== generation || expect.version !== versionOf(principal))) {
          return { outcome: 'superseded' }
        }
        unbury(id)
        if (former !== undefined) remove(former)
        sequence += 1
        const { attributes, history, ...header } = session
        const writes = [...attributes.values()].reduce((highest, { revision }) => Math.max(highest, revision), 0)
        const generationOfAll = counters.all()
        add({ sequence, removed: false, header, attributes, history, writes, generation, generationOfAll })
        return DONE
      }),

    load: (id, want, now) =>
      call(() => {
        const kept = live(id, now)
        if (kept === undefined) return isBuried(id, now) ? 'ended' : undefined
        const { header, attributes } = kept
        return { ...header, attributes: wantedAttributes(attributes, want, now), version: versionOf(header.principal) }
      }),

    update: (id, change, now) =>
      call(() => {
        const kept = live(id, now)
        if (kept === undefined) return { outcome: 'missing' }
        const { header, attributes, writes } = kept
        const applied = applyChange({ header, attributes, writes, version: versionOf(header.principal) }, change, now)
        if (applied.outcome !== 'done') return applied
        const interaction = change.header?.interaction
        if (interaction !== undefined) kept.history = appendHistory(kept.history, interaction)
        kept.header = applied.header
        kept.attributes = applied.attributes
        kept.writes = applied.writes
        return { outcome: 'done', added: applied.added }
      }),

    delete: (id, now, tombstoneUntil) =>
      call(() => {
        const kept = sessions.get(id)
        const wasLive = live(id, now) !== undefined
        if (kept !== undefined) remove(kept)
        if (tombstoneUntil !== undefined) bury(id, tombstoneUntil)
        return wasLive
      }),

    list: ({ principal, after, limit }, now) =>
      call(() => {
        const place = after === undefined ? 0 : numberOfCursor(after)
        const source = principal === undefined ? everybody : ownQueue(principal?.id ?? null)
        const read = source?.after(place, limit) ?? []
        const items = read
          .filter((kept) => whyDead(kept, now) === undefined)
          .map(({ header, history }) => ({ ...header, history }))
        const last = read.at(-1)
        return last === undefined || read.length < limit ? { items } : { items, next: String(last.sequence) }
      }),

    revoke: (scope) =>
      call(() => {
        if (typeof scope === 'string') {
          counters.revoke(scope)
          return
        }
        const { principal, except } = scope
        const kept = except === undefined ? undefined : sessions.get(except)
        const stays = kept?.header.principal === principal.id && kept.generation === counters.of(principal).generation
        const generation = counters.revoke(principal)
        if (kept !== undefined && stays) kept.generation = generation
      }),

    bump: (principal) => call(() => counters.bump(principal)),

    claimSweep: async () => true, // nobody else sweeps it

    sweep: (now, limit) => call(() => sweep(now, limit)),

    async close() {
      closed = true
      sessions.clear()
      tombstones.clear()
    },
  }
}
