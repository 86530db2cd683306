// Does any call to a server cost more when there are more sessions? Targets 5 and 9.
import { createSojourn, type Sojourn } from 'sojourn'
import { type Cost, typical } from '../measure.ts'
import { populate, userId } from '../populate.ts'
import type { Part } from './calls.ts'
import type { StoreKind } from './subject.ts'

/** How much dearer a call may be at the largest size than at the smallest; what is not named here has no target. */
const MOST: Readonly<Record<string, number>> = {
  load: 1.3,
  'list a page of a user': 1.5,
  'revoke a user': 1.5,
  'revoke guests': 1.5,
  'revoke all': 1.5,
}

/** Fills an empty store. Answers tokens of sessions that lie far from each other. */
async function fill(sso: Sojourn, size: number): Promise<readonly string[]> {
  const step = Math.min(1000, size / 100)
  const tokens: string[] = []
  for (let from = 0; from < size; from += step) tokens.push(await populate(sso, from, from + step))
  return tokens
}

/** What each call costs at one size. The last ones end every session, and remove some that were ended. */
async function costsAt(sso: Sojourn, size: number): Promise<Record<string, number>> {
  const tokens = await fill(sso, size)
  const one = <T>(all: readonly T[], i: number): T => {
    const found = all[(i * 37) % all.length]
    if (found === undefined) throw new Error('The store was not filled')
    return found
  }
  const resumed = await Promise.all(tokens.slice(0, 100).map((token) => sso.sessions.resume(token)))
  const sessions = resumed.flatMap((each) => each?.session ?? [])
  const user = (i: number) => userId((i * 7919) % (size / 10))
  return {
    load: await typical(2000, (i) => sso.sessions.resume(one(tokens, i), { preload: ['cart'] })),
    change: await typical(1000, (i) => one(sessions, i).attr.set('language', `l${i}`)),
    'list a page of a user': await typical(500, (i) => sso.sessions.list({ principal: user(i), limit: 10 })),
    'revoke a user': await typical(100, (i) => sso.sessions.revoke({ principal: user(i * 31 + 17) })),
    'revoke guests': await typical(20, () => sso.sessions.revoke('guests')),
    'revoke all': await typical(20, () => sso.sessions.revoke('all')),
    'sweep, 100 at most': await typical(9, () => sso.sessions.sweep({ limit: 100 })),
  }
}

/** Measures one kind of store at several sizes, each on a server of its own. */
export async function growthOf(kind: StoreKind, sizes: readonly number[]): Promise<Part> {
  const seen = new Map<string, number[]>()
  for (const size of sizes) {
    process.stderr.write(`${kind.name}: ${size.toLocaleString('en')} sessions\n`)
    const subject = await kind.open()
    if (subject === undefined) throw new Error(`${kind.name} went away: ${kind.missing}`)
    const sso = await createSojourn({ store: subject.store, sweepInterval: 0, storeTimeout: 60 })
    try {
      for (const [call, microseconds] of Object.entries(await costsAt(sso, size)))
        seen.set(call, [...(seen.get(call) ?? []), microseconds])
    } finally {
      await sso.close()
      await subject.close()
    }
  }
  const ratio = (times: readonly number[]) => (times.at(-1) ?? Number.NaN) / (times[0] ?? Number.NaN)
  return {
    tables: [...seen].map(([call, times]) => ({
      title: `${kind.name}: ${call}`,
      costs: times.map(
        (microseconds, at): Cost => ({
          name: `${sizes[at]?.toLocaleString('en')} sessions`,
          microseconds,
          ratio: microseconds / (times[0] ?? Number.NaN),
        }),
      ),
    })),
    verdicts: [...seen].flatMap(([call, times]) => {
      const most = MOST[call]
      if (most === undefined) return []
      const range = `from ${sizes[0]?.toLocaleString('en')} to ${sizes.at(-1)?.toLocaleString('en')} sessions`
      return [
        {
          target: `${kind.name}: ${call} grows at most ${most} times ${range}`,
          measured: `${ratio(times).toFixed(2)} times`,
          met: ratio(times) <= most,
        },
      ]
    }),
  }
}
