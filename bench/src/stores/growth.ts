// Does any call cost more when there are more sessions? Targets 5 and 9.
//
// All sizes are there at once and are asked in turn, so that what disturbs the machine disturbs them all.
import { createSojourn, type Sojourn } from 'sojourn'
import { type Cost, median, typical } from '../measure.ts'
import { populate, userId } from '../populate.ts'
import type { Part } from './calls.ts'
import type { Grown } from './subject.ts'

/** A call that is measured. */
interface Call {
  readonly name: string
  /** How often it is made at each size, over all rounds. */
  readonly times: number
  /** How many times dearer it may be at the largest size than at a smaller one; omitted: there is no target. */
  readonly target?: { readonly most: number; readonly from: number }
  readonly run: (filled: Filled, i: number) => Promise<unknown>
}

/** A store that holds its sessions. */
interface Filled {
  readonly sso: Sojourn
  readonly size: number
  /** Of sessions that lie far from each other. */
  readonly tokens: readonly string[]
  close(): Promise<void>
}

/** How many sessions are known by their token. */
const TOKENS = 1000

const ROUNDS = 3

const SMALLEST = 1000

const FLAT = { most: 1.5, from: SMALLEST }

/** As many different ones at every size: what is asked for again is no dearer for a processor's caches at one size than at another. */
const USERS = 100

const user = ({ size }: Filled, i: number) => userId((i % USERS) * (size / 10 / USERS))

const load = ({ sso, tokens }: Filled, i: number) => sso.sessions.resume(tokens[(i * 37) % TOKENS] ?? '', { preload: ['cart'] })

/** In this order: the last ones end every session, and remove some that were ended. */
const CALLS: readonly Call[] = [
  { name: 'load of a session for the first time', times: TOKENS, run: load },
  { name: 'load', times: 30 * TOKENS, target: { most: 1.3, from: 10_000 }, run: load },
  {
    name: 'load, and a change',
    times: 900,
    async run({ sso, tokens }, i) {
      const resumed = await sso.sessions.resume(tokens[(i * 37) % TOKENS] ?? '')
      await resumed?.session.attr.set('language', `l${i}`)
    },
  },
  {
    name: 'list a page of a user',
    times: 3000,
    target: FLAT,
    run: (filled, i) => filled.sso.sessions.list({ principal: user(filled, i), limit: 10 }),
  },
  {
    name: 'revoke a user',
    times: 150,
    target: FLAT,
    run: (filled, i) => filled.sso.sessions.revoke({ principal: user(filled, i * 31 + 17) }),
  },
  { name: 'revoke guests', times: 45, target: FLAT, run: ({ sso }) => sso.sessions.revoke('guests') },
  { name: 'revoke all', times: 45, target: FLAT, run: ({ sso }) => sso.sessions.revoke('all') },
  { name: 'sweep, 100 at most', times: 9, run: ({ sso }) => sso.sessions.sweep({ limit: 100 }) },
]

async function fill(kind: Grown, size: number): Promise<Filled> {
  process.stderr.write(`${kind.name}: ${size.toLocaleString('en')} sessions\n`)
  const subject = await kind.open()
  if (subject === undefined) throw new Error(`${kind.name} went away: ${kind.missing}`)
  const sso = await createSojourn({ store: subject.store, sweepInterval: 0, storeTimeout: 60 })
  const step = size / TOKENS
  const tokens: string[] = []
  for (let from = 0; from < size; from += step) tokens.push(await populate(sso, from, from + step))
  await subject.settle()
  const close = async () => {
    await sso.close()
    await subject.close()
  }
  return { sso, size, tokens, close }
}

/** What a call costs at each size: the median of the rounds. */
async function costsOf({ name, times, run }: Call, filled: readonly Filled[]): Promise<readonly Cost[]> {
  process.stderr.write(`  ${name}\n`)
  const seen = filled.map((): number[] => [])
  const share = Math.floor(times / ROUNDS)
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [at, each] of filled.entries()) seen[at]?.push(await typical(share, (i) => run(each, round * share + i)))
  }
  const costs = seen.map(median)
  return costs.map((microseconds, at) => ({
    name: `${filled[at]?.size.toLocaleString('en')} sessions`,
    microseconds,
    ratio: microseconds / (costs[0] ?? Number.NaN),
  }))
}

/** What is measured, unless it is to be quick. */
export const SIZES = [SMALLEST, 10_000, 100_000, 1_000_000]
export const QUICK_SIZES = SIZES.slice(0, 3)

/** Measures one kind of store at several sizes, each of them a store of its own. */
export async function growthOf(kind: Grown, sizes: readonly number[]): Promise<Part> {
  const filled: Filled[] = []
  try {
    for (const size of sizes) filled.push(await fill(kind, size))
    const tables: Part['tables'][number][] = []
    const verdicts: Part['verdicts'][number][] = []
    for (const call of CALLS) {
      const costs = await costsOf(call, filled)
      tables.push({ title: `${kind.name}: ${call.name}`, costs })
      if (call.target === undefined) continue
      const { most, from } = call.target
      const costAt = (size: number) => costs[sizes.indexOf(size)]?.microseconds ?? Number.NaN
      const largest = sizes.at(-1) ?? Number.NaN
      const ratio = costAt(largest) / costAt(from)
      verdicts.push({
        target: `${kind.name}: ${call.name} grows at most ${most} times from ${from.toLocaleString('en')} to ${largest.toLocaleString('en')} sessions`,
        measured: `${ratio.toFixed(2)} times`,
        met: ratio <= most,
      })
    }
    return { tables, verdicts }
  } finally {
    for (const each of filled) await each.close()
  }
}
