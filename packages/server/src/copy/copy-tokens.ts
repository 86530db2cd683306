// How do one-time tokens reach the target, and how are those gone there that were taken at the source?
import type { Directory, OneTimeToken } from 'sojourn'
import { silent } from './copy-users.ts'
import { itemsOf } from './pages.ts'
import { emptyTally, type PassContext, type Tally } from './tally.ts'

/** Goes through the tokens of both sides at once: both lists are in the order of their bytes. */
export async function copyTokens(from: Directory, to: Directory, pass: PassContext): Promise<Tally> {
  const tally = emptyTally()
  const now = pass.clock()
  const wanted = itemsOf((query) => from.listTokens(query, now), pass.signal)
  const present = itemsOf((query) => to.listTokens(query, now), pass.signal)
  let [token, there] = [(await wanted.next()).value, (await present.next()).value]
  while (token !== undefined || there !== undefined) {
    const order = compared(token, there)
    if (token !== undefined && order <= 0) tally.source += 1
    if (token !== undefined && order < 0) {
      const { outcome } = await to.createToken(token, silent(now), 'keep')
      if (outcome === 'done') tally.target += 1
      tally[outcome === 'done' ? 'changed' : 'waiting'] += 1
    } else if (there !== undefined && order > 0) {
      await to.takeToken(there.kind, there.hash, now)
      tally.changed += 1
    } else tally.target += 1
    if (order <= 0) token = (await wanted.next()).value
    if (order >= 0) there = (await present.next()).value
  }
  return tally
}

/** Which comes first; one that is not there comes last. */
function compared(one: OneTimeToken | undefined, other: OneTimeToken | undefined): number {
  if (one === undefined || other === undefined) return one === undefined ? 1 : -1
  return bytesOrder(one.kind, other.kind) || bytesOrder(one.hash, other.hash)
}

function bytesOrder(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
