// Is an answer through a cache ever older than it may be, whatever is read, written, delivered, lost and cut in whatever order?
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SessionStore } from '../../../src/engine/store.ts'
import { attributes, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'
import { sharedStore } from './manual-channel.ts'

const MAX_AGE = 5000
const SLOTS = 4
const RUNS = 5000

const front = fc.integer({ min: 0, max: 1 })
const slot = fc.integer({ min: 0, max: SLOTS - 1 })
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('load' as const), front, slot }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('update' as const), front, slot }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('delete' as const, 'revoke' as const, 'bump' as const), front, slot }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('hold' as const, 'release' as const), front }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deliver' as const), front, news: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('lose' as const, 'cut' as const), front }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), milliseconds: fc.constantFrom(100, 2000, MAX_AGE) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** What has happened to each session: how many changes, or infinitely many when it has ended. */
type Changes = readonly number[]

/** One front: what it must know of, and the changes whose news are under way to it. */
interface Knowledge {
  floor: Changes
  underWay: { readonly slots: readonly number[]; readonly changes: Changes }[]
}

async function attempt(steps: readonly Step[], strict: boolean): Promise<void> {
  const { plain, open } = sharedStore()
  const fronts = [0, 1].map(() => open({ maxSessions: 3, maxAge: MAX_AGE / 1000, strict }))
  for (const { cache } of fronts) await cache.settled()
  const owners = [principal('one'), principal('four')]
  const ownerOf = (slot: number) => owners[slot % 2]!
  const sessions = Array.from({ length: SLOTS }, (_, slot) => newSession(ownerOf(slot), { attributes: attributes({ v: '0' }) }))
  for (const session of sessions) await plain.create(session)

  let now = NOW
  let changes: Changes = sessions.map(() => 0)
  const past = [{ at: now, changes }]
  const known: Knowledge[] = fronts.map(() => ({ floor: changes, underWay: [] }))
  const reads: Promise<void>[] = []

  /** Brings what a front must know of some sessions up to a state of things. */
  const learn = (knowledge: Knowledge, slots: readonly number[], state: Changes) => {
    knowledge.floor = knowledge.floor.map((before, slot) => (slots.includes(slot) ? Math.max(before, state[slot]!) : before))
  }
  const write = async (by: number, slots: readonly number[], end: boolean, change: (store: SessionStore) => Promise<unknown>) => {
    await change(fronts[by]!.store)
    changes = changes.map((before, slot) => (slots.includes(slot) ? (end ? Number.POSITIVE_INFINITY : before + 1) : before))
    past.push({ at: now, changes })
    learn(known[by]!, slots, changes)
    for (const { underWay } of known) underWay.push({ slots, changes })
  }
  /** A change that all sessions of a principal share counts for each of them. */
  const shared = (slot: number) => sessions.flatMap((_, at) => (ownerOf(at) === ownerOf(slot) ? [at] : []))

  for (const each of steps) {
    if (each.do === 'wait') now += each.milliseconds
    if (!('front' in each)) continue
    const { front, do: what } = each
    const [{ store, ...control }, knowledge] = [fronts[front]!, known[front]!]
    const id = 'slot' in each ? sessions[each.slot]!.id : ''
    if (what === 'load') {
      const { slot } = each
      const tooOld = past.findLast(({ at }) => at <= now - MAX_AGE)?.changes[slot] ?? 0
      const floor = Math.max(knowledge.floor[slot]!, tooOld, strict ? changes[slot]! : 0)
      const reading = store.load(id, 'all', now).then((found) => {
        if (found === undefined || found === 'ended') expect(changes[slot]).toBe(Number.POSITIVE_INFINITY)
        else expect(Number(found.attributes.get('v')?.value) + found.version).toBeGreaterThanOrEqual(floor)
      })
      reads.push(reading)
    } else if (what === 'update') {
      const add = [{ name: 'v', when: 'always', add: 1 }] as const
      await write(front, [each.slot], false, (store) => store.update(id, { attributes: add }, now))
    } else if (what === 'delete') await write(front, [each.slot], true, (store) => store.delete(id, now))
    else if (what === 'revoke') {
      await write(front, shared(each.slot), true, (store) => store.revoke({ principal: ownerOf(each.slot) }, now))
    } else if (what === 'bump') {
      await write(front, shared(each.slot), false, (store) => store.bump(ownerOf(each.slot)))
    } else if (what === 'deliver') {
      control.deliver(each.news)
      for (const { slots, changes } of knowledge.underWay.splice(0, each.news)) learn(knowledge, slots, changes)
    } else if (what === 'lose') {
      control.lose()
      knowledge.underWay = []
    } else if (what === 'cut') {
      control.cut()
      knowledge.floor = changes
      knowledge.underWay = []
    } else control[what]()
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const { release } of fronts) release()
  await Promise.all(reads)
  for (const { store } of fronts) await store.close()
}

it.each([
  ['as the news come', false],
  ['strictly', true],
])('is never older than its news and its bound, %s', async (_, strict) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => await attempt(steps, strict)),
    { numRuns: RUNS },
  )
})
