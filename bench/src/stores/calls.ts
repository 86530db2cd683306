// What do single and bulk calls cost on a server, next to the bare statement and to peers? Target 4.
import { createSojourn } from 'sojourn'
import { compare } from '../measure.ts'
import type { SuiteResult } from '../report.ts'
import { type StoreKind, type Subject, TEN } from './subject.ts'

/** The tables and verdicts of a part of the suite. */
export type Part = Pick<SuiteResult, 'tables' | 'verdicts'>

/** The same with what has no target. */
export type NotedPart = Part & { readonly notes: readonly string[] }

const ITEMS = Array.from({ length: 100 }, (_, n) => ({ name: `bulk-${n}`, value: `value ${n}` }))

/** How many calls are in flight at once when the server's CPU time is taken, and how often. */
const AT_ONCE = 50
const TURNS = 400

/** What a call costs the server when others are in flight with it. Unit: microseconds; `undefined` where the server does not tell. */
async function serverTime({ cpu }: Subject, call: () => Promise<unknown>): Promise<number | undefined> {
  const before = await cpu()
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.all(Array.from({ length: AT_ONCE }, call))
  const after = await cpu()
  return before === undefined || after === undefined ? undefined : (after - before) / (TURNS * AT_ONCE)
}

/** Waits for each call before it makes the next, where it does not say otherwise. */
export async function callsOf({ name: kind }: StoreKind, subject: Subject): Promise<NotedPart> {
  const { store, reads, writes, trips } = subject
  const sso = await createSojourn({ store, sweepInterval: 0, storeTimeout: 60 })
  try {
    const { token, session } = await sso.sessions.start({ principal: 'zusr1', attributes: TEN })
    const { session: bulk } = await sso.sessions.start({ principal: 'zusr1' })
    const read = async () =>
      (await (await sso.sessions.resume(token, { preload: ['attribute-3'] }))?.session.attr.get('attribute-3'))?.value
    const set = () => session.attr.set('attribute-3', 'another value')
    const together = () => bulk.attr.setMany(ITEMS)
    const singly = async () => {
      for (const { name, value } of ITEMS) await bulk.attr.set(name, value)
    }
    const [bare, ...peers] = reads
    if (bare === undefined) throw new Error(`${kind} has nothing to be compared with`)
    const loads = await compare([bare, { name: 'Sojourn, token checked and one attribute read', run: read }, ...peers])
    const sets = await compare([...writes.slice(0, 1), { name: 'Sojourn, one attribute set', run: set }, ...writes.slice(1)])
    const bulks = await compare([
      { name: '100 attributes by setMany', run: together },
      { name: '100 attributes by set, one after the other', run: singly },
      {
        name: '100 attributes by set, all at once',
        run: () => Promise.all(ITEMS.map((item) => bulk.attr.set(item.name, item.value))),
      },
    ])
    const counted = { load: await trips(read), set: await trips(set), bulk: await trips(together) }
    const [load, change] = [await serverTime(subject, read), await serverTime(subject, set)]
    const factor = bulks[1]?.ratio ?? Number.NaN
    return {
      notes:
        load === undefined || change === undefined
          ? []
          : [`${kind}: a load takes ${load.toFixed(1)} us of the server's CPU time, a change ${change.toFixed(1)} us`],
      tables: [
        { title: `${kind}: read`, costs: loads },
        { title: `${kind}: write`, costs: sets },
        { title: `${kind}: bulk`, costs: bulks },
      ],
      verdicts: [
        {
          target: `${kind}: a load, a change and a bulk of 100 are one round trip each`,
          measured: `${counted.load}, ${counted.set}, ${counted.bulk}`,
          met: Object.values(counted).every((count) => count === 1),
        },
        {
          target: `${kind}: a bulk of 100 at least 20 times as fast as 100 single calls`,
          measured: `${factor.toFixed(1)} times`,
          met: factor >= 20,
        },
      ],
    }
  } finally {
    await sso.close()
  }
}
