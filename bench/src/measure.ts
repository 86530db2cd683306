// How is a cost measured so that it can be compared: in turn, several rounds, the median?
import { performance } from 'node:perf_hooks'

/** Something to measure: `run` does it once. */
export interface Contestant {
  readonly name: string
  readonly run: () => unknown
}

/** What one contestant cost. */
export interface Cost {
  readonly name: string
  /** Median over the rounds, microseconds per run. */
  readonly microseconds: number
  /** This cost divided by that of the first contestant. */
  readonly ratio: number
}

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

async function timeRound(contestant: Contestant, runs: number): Promise<number> {
  const begin = performance.now()
  for (let i = 0; i < runs; i += 1) await contestant.run()
  return ((performance.now() - begin) * 1000) / runs
}

/** How long each runs before anything counts. A server runs for days, and what its first seconds cost is the compiler's time. Unit: milliseconds. */
const WARM_UP = 2000

async function runsFor(contestant: Contestant, milliseconds: number): Promise<number> {
  let runs = 1
  for (;;) {
    const microseconds = await timeRound(contestant, runs)
    if (microseconds * runs > milliseconds * 200) return Math.max(1, Math.round((milliseconds * 1000) / microseconds))
    runs *= 4
  }
}

/**
 * Runs the contestants in turn, round by round, so that what disturbs the machine disturbs them all.
 *
 * @param options `rounds` default 5, `milliseconds` a contestant and round, default 200.
 */
export async function compare(
  contestants: readonly Contestant[],
  options: { readonly rounds?: number; readonly milliseconds?: number } = {},
): Promise<readonly Cost[]> {
  const { rounds = 5, milliseconds = 200 } = options
  const runs = new Map<Contestant, number>()
  for (const one of contestants) {
    await timeRound(one, await runsFor(one, WARM_UP))
    runs.set(one, await runsFor(one, milliseconds))
  }
  const times = new Map<Contestant, number[]>(contestants.map((one) => [one, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const one of contestants) times.get(one)?.push(await timeRound(one, runs.get(one) ?? 1))
  }
  const costs = contestants.map((one) => ({ name: one.name, microseconds: median(times.get(one) ?? []) }))
  const first = costs[0]?.microseconds ?? Number.NaN
  return costs.map((cost) => ({ ...cost, ratio: cost.microseconds / first }))
}

/** Median microseconds of many single calls, so that a rare pause of the machine does not count. */
export async function typical(calls: number, run: (i: number) => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < calls; i += 1) {
    const begin = performance.now()
    await run(i)
    times.push((performance.now() - begin) * 1000)
  }
  return median(times)
}
