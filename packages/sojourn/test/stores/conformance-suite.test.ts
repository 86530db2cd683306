// Does the conformance suite leave out only what a kind of store has not, and fail a store that breaks a promise?
import type { SessionStore } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { type ConformanceCase, directoryConformance, sessionStoreConformance } from 'sojourn/testing'
import { describe, expect, it } from 'vitest'
import { DIRECTORY_CASES, SESSION_CASES } from '../support/conformance.ts'

const SHARED = [
  'revocation: is in force for everybody who opens the same data',
  'list: goes on in whoever opens the same data',
  'faults: keeps what it was given for whoever opens the data next',
]
const SERVER = ['cost: makes one round trip a call']
const OUTAGES = ['faults: answers an outage with an error, and goes on when it is over']
const IN_MEMORY = { shared: false, server: false, outages: false } as const

const namesOf = (cases: readonly ConformanceCase[]) => cases.map(({ name }) => name)
const without = (all: readonly string[], some: readonly string[]) => all.filter((name) => !some.includes(name))

function subject(change: (store: SessionStore) => Partial<SessionStore> = () => ({})) {
  const { sessions } = memoryStore()
  return { store: { ...sessions, ...change(sessions) }, close: () => sessions.close() }
}
const unable = { another: undefined, countRoundTrips: undefined, outage: undefined }
const openUnable = async () => ({ ...subject(), ...unable })

/** Which of the cases fail. */
async function failures(cases: readonly ConformanceCase[]): Promise<readonly string[]> {
  const failed: string[] = []
  for (const { name, run } of cases) await run().catch(() => failed.push(name))
  return failed
}

describe('the suite of session stores', () => {
  const all = namesOf(sessionStoreConformance({ open: openUnable }))

  it('holds to everything who does not say otherwise', () => {
    expect(new Set(all).size).toBe(SESSION_CASES)
    const said = { shared: true, server: true, outages: true } as const
    expect(namesOf(sessionStoreConformance({ open: openUnable, ...said }))).toEqual(all)
  })

  it('leaves out what a kind of store has not, and nothing else', () => {
    const open = openUnable
    expect(namesOf(sessionStoreConformance({ open, shared: false }))).toEqual(without(all, SHARED))
    expect(namesOf(sessionStoreConformance({ open, server: false }))).toEqual(without(all, SERVER))
    expect(namesOf(sessionStoreConformance({ open, outages: false }))).toEqual(without(all, OUTAGES))
    const none = namesOf(sessionStoreConformance({ open, ...IN_MEMORY }))
    expect(none).toEqual(without(all, [...SHARED, ...SERVER, ...OUTAGES]))
    expect(none).toHaveLength(SESSION_CASES - 5)
  })

  it('leaves out nothing because of a cache, or of what a sweep tells', () => {
    for (const cached of [true, 'strict'] as const)
      expect(namesOf(sessionStoreConformance({ open: openUnable, cached, sweepTells: 'some' }))).toEqual(all)
  })

  it('fails who makes a promise and gives nothing to try it with', async () => {
    const untried = await failures(sessionStoreConformance({ open: openUnable, races: 1 }))
    expect(untried).toEqual(all.filter((name) => [...SHARED, ...SERVER, ...OUTAGES].includes(name)))
  })

  it('fails who gives something to try, and says that there is no such thing', async () => {
    const given = {
      another: async () => memoryStore().sessions,
      countRoundTrips: () => 0,
      outage: { async begin() {}, async end() {} },
    }
    const said = { another: 'shared', countRoundTrips: 'server', outage: 'outages' } as const
    for (const [name, option] of Object.entries(said)) {
      const open = async () => ({ ...subject(), [name]: Reflect.get(given, name) })
      const [first] = sessionStoreConformance({ open, ...IN_MEMORY })
      await expect(first?.run()).rejects.toThrow(`\`open\` gives \`${name}\`, and \`${option}: false\` says that there is none`)
    }
  })

  it('can still be told cases to skip, by names that it has', () => {
    const skip = [{ reason: 'not here', tests: SERVER }]
    const skipped = sessionStoreConformance({ open: openUnable, skip }).filter((each) => each.skipped !== undefined)
    expect(skipped).toMatchObject([{ name: SERVER[0], skipped: 'not here' }])
    expect(() => sessionStoreConformance({ open: openUnable, server: false, skip })).toThrow('names no case of this suite')
  })

  const broken: Readonly<Record<string, (store: SessionStore) => Partial<SessionStore>>> = {
    'ends nothing': () => ({ revoke: async () => undefined }),
    'deletes nothing': () => ({ delete: async () => true }),
    'counts nothing': (store) => ({
      update: async (id, { attributes: _, ...change }, now) => await store.update(id, change, now),
    }),
    'answers who has expired': (store) => ({ load: (id, want) => store.load(id, want, 0) }),
    'lists one page': (store) => ({ list: async (query, now) => ({ items: (await store.list(query, now)).items }) }),
    'forgets to sweep': () => ({ sweep: async () => ({ removed: 0, ended: [], more: false }) }),
    'takes no notice of counters': (store) => ({ create: (session) => store.create(session) }),
    'stays open': () => ({ close: async () => undefined }),
  }
  it.each(Object.keys(broken))('fails a store that %s', async (name) => {
    const cases = sessionStoreConformance({ open: async () => subject(broken[name]), races: 10, ...IN_MEMORY })
    const failed = await failures(cases)
    expect(failed).not.toEqual([])
    expect(failed.length).toBeLessThan(cases.length)
  })
})

describe('the suite of cost', () => {
  /** A store whose every call makes one round trip, and a load as many as it is said to. */
  const openCosting = (loads: number) => async () => {
    let trips = 0
    const { store, close } = subject()
    const costing = new Proxy(store, {
      get(_, name) {
        trips += name === 'load' ? loads : 1
        return Reflect.get(store, name)
      },
    })
    return { store: costing, countRoundTrips: () => trips, close }
  }
  it.each([
    { cached: false, passing: [1] },
    { cached: true, passing: [0, 1] },
    { cached: 'strict', passing: [0, 1, 2] },
  ] as const)('counts the round trips of loads: cached $cached', async ({ cached, passing }) => {
    const passed: number[] = []
    for (const loads of [0, 1, 2, 3]) {
      const cases = sessionStoreConformance({ open: openCosting(loads), cached, shared: false, outages: false })
      const [cost] = cases.filter(({ name }) => name === SERVER[0])
      if ((await failures(cost === undefined ? [] : [cost])).length === 0) passed.push(loads)
    }
    expect(passed).toEqual(passing)
  })
})

describe('the suite of directories', () => {
  async function open() {
    const { directory } = memoryStore()
    return { directory, another: undefined, close: () => directory.close() }
  }
  const all = directoryConformance({ open })
  const alone = directoryConformance({ open, shared: false })
  const shared = without(namesOf(all), namesOf(alone))

  it('leaves out what needs another to open the data, and nothing else', async () => {
    expect(new Set(namesOf(all)).size).toBe(DIRECTORY_CASES)
    expect(shared).toHaveLength(7)
    expect(without(shared, ['closing: finishes the writes under way, and the next to open it finds them'])).toEqual(
      namesOf(all).filter((name) => name.startsWith('shared: ')),
    )
    expect(await failures(all)).toEqual(shared)
  })

  it('fails who gives another, and says that there is none', async () => {
    const given = async () => ({ ...(await open()), another: async () => memoryStore().directory })
    // What the types forbid as well.
    const [first] = directoryConformance({ open: given as unknown as typeof open, shared: false })
    await expect(first?.run()).rejects.toThrow('`shared: false` says that there is none')
  })
})
