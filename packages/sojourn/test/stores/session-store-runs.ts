// Do a store and the reference model answer alike, whatever is asked of them in whatever order?
import fc from 'fast-check'
import { expect } from 'vitest'
import type { AttributeChange, SessionChange, SessionStore } from '../../src/engine/store.ts'
import { HOUR, MINUTE, NOW, newSession, principal } from '../../src/testing/sessions/builders.ts'
import { alive, listedIds } from '../../src/testing/sessions/chapter.ts'
import { sessionModel } from './session-store-model.ts'

const value = fc.oneof(
  fc.constantFrom('0', '5', '-3', '"x"', '', `${Number.MAX_SAFE_INTEGER}`),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.uint8Array({ maxLength: 12 }),
)

/** Few names and few distinct instants, so that changes meet. */
const moment = fc.integer({ min: 0, max: 20 }).map((minutes) => NOW + minutes * MINUTE)

const attributeChange = fc.record(
  {
    name: fc.constantFrom('a', 'b', 'c', 'é'),
    when: fc.constantFrom('absent', 'present', 'always'),
    value: fc.option(value),
    add: fc.integer({ min: -3, max: 9 }),
    unseal: fc.boolean(),
    expiresAt: fc.option(moment),
    revision: fc.integer({ min: 0, max: 4 }),
  },
  { requiredKeys: ['name', 'when'] },
)

/** A change carries a value or a number to add, not both. */
const oneThing = attributeChange.map(
  ({ add, ...rest }): AttributeChange => (add === undefined || rest.value !== undefined ? rest : { ...rest, add }),
)

const change = fc.record(
  {
    expect: fc.record(
      { secretHash: fc.constantFrom('one', 'two'), version: fc.integer({ min: 0, max: 2 }), dataKey: fc.constant('absent') },
      { requiredKeys: [] },
    ),
    header: fc.record(
      {
        expiresAt: moment,
        touchInterval: fc.constantFrom(1, 5 * MINUTE),
        renewAt: fc.option(moment),
        secretHash: fc.constantFrom('one', 'two'),
        dataKey: fc.option(fc.uint8Array({ maxLength: 4 })),
      },
      { requiredKeys: [] },
    ),
    attributes: fc.uniqueArray(oneThing, { selector: ({ name }) => name, maxLength: 4 }),
    limits: fc.record({ attributes: fc.integer({ min: 1, max: 4 }), bytes: fc.integer({ min: 1, max: 30 }) }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<SessionChange>

const slot = fc.integer({ min: 0, max: 5 })
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ call: fc.constant('create' as const), slot, expiresAt: moment, stale: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ call: fc.constant('update' as const), slot, change }) },
  {
    weight: 1,
    arbitrary: fc.record({ call: fc.constant('delete' as const), slot, until: fc.option(moment, { nil: undefined }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ call: fc.constant('revoke' as const), slot, scope: fc.constantFrom('own', 'spare', 'guests', 'all') }),
  },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('bump' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('sweep' as const), limit: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('wait' as const), minutes: fc.integer({ min: 0, max: 4 }) }) },
)

/** Compares random runs of calls against one store, which each run opens empty. */
export async function compareRuns(
  open: () => Promise<{ readonly store: SessionStore; close(): Promise<void> }>,
  runs: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const { store, close } = await open()
      try {
        await compare(store, steps)
      } finally {
        await close()
      }
    }),
    { numRuns: runs },
  )
}

async function compare(
  store: SessionStore,
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
): Promise<void> {
  const model = sessionModel()
  const owners = [principal(), principal(), null]
  const ids: string[] = []
  const ownerOf = (at: number) => owners[at % owners.length] ?? null
  let now = NOW
  for (const each of steps) {
    if (each.call === 'wait') now += each.minutes * MINUTE
    if (each.call === 'sweep') await store.sweep(now, each.limit)
    if (!('slot' in each)) continue
    const owner = ownerOf(each.slot)
    ids[each.slot] ??= newSession(owner).id
    const id = ids[each.slot]!
    if (each.call === 'create') {
      // Whether a revoked session was swept already is for the store to say: its id is not asked for again.
      if (model.isRevoked(id)) ids[each.slot] = newSession(owner).id
      const session = {
        ...newSession(owner),
        id: ids[each.slot]!,
        createdAt: now,
        expiresAt: each.expiresAt,
        absoluteAt: NOW + HOUR,
        secretHash: 'one',
      }
      const read = owner === null ? undefined : model.counters(owner)
      const counters = read === undefined ? undefined : { ...read, version: read.version + (each.stale ? 1 : 0) }
      expect(await store.create(session, counters)).toEqual(model.create(session, counters))
    }
    if (each.call === 'update') expect(await store.update(id, each.change, now)).toEqual(model.update(id, each.change, now))
    if (each.call === 'delete') expect(await store.delete(id, now, each.until)).toBe(model.delete(id, now, each.until))
    if (each.call === 'bump' && owner !== null) {
      await store.bump(owner)
      model.bump(owner)
    }
    if (each.call === 'revoke') {
      const scope =
        each.scope === 'guests' || each.scope === 'all'
          ? each.scope
          : owner === null
            ? undefined
            : { principal: owner, ...(each.scope === 'spare' ? { except: id } : {}) }
      if (scope !== undefined) {
        await store.revoke(scope, now)
        model.revoke(scope, now)
      }
    }
    const expected = model.load(id, now)
    if (expected === undefined || expected === 'ended') expect(await store.load(id, 'all', now)).toBe(expected)
    else expect(await alive(store, id, now)).toEqual(expected)
  }
  expect(await listedIds(store, undefined, now)).toEqual(model.alive(now))
  for (const owner of owners) if (owner !== null) expect(await store.counters(owner)).toEqual(model.counters(owner))
}
