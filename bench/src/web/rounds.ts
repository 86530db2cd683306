// What do sessions add to a request, measured round by round over the same bare framework?
//
// Real HTTP on loopback: every contestant is a process of its own, this one asks. What counts is the CPU time of the serving process, since
// that of a request also holds what other programs take. `SOJOURN_BENCH_ROUNDS` and `SOJOURN_BENCH_MILLISECONDS` make it shorter or longer.
//
// Many short turns: so everybody has the same share of what else goes on in the machine, and nobody waits so long for a turn (V8: 8 seconds) that
// its runtime takes it for idle and gives back the memory of new objects, without which it then goes on.
import { type Cost, median } from '../measure.ts'
import type { SuiteResult, Verdict } from '../report.ts'
import { FRAMEWORKS, type Framework, type Route } from './contestant.ts'
import { load } from './load.ts'
import type { Runner } from './processes.ts'

const ROUNDS = Number(process.env['SOJOURN_BENCH_ROUNDS'] ?? 30)
const MILLISECONDS = Number(process.env['SOJOURN_BENCH_MILLISECONDS'] ?? 150)
/** How long everybody is asked before anything counts: a server runs for days, and its first seconds are the compiler's. Unit: milliseconds. */
const WARM_UP = 3000
/** In each turn so long is not counted: memory and caches have gone to the others. Unit: milliseconds. */
const SETTLE = 50

/** What each contestant cost on one route, round by round. Unit: microseconds a request. */
export interface Times {
  /** CPU time of the serving process. */
  readonly cpu: ReadonlyMap<string, readonly number[]>
  /** What a request took when the server had nothing else to do than to answer the next. */
  readonly elapsed: ReadonlyMap<string, readonly number[]>
}

/** Asks all in turn, round by round. */
export async function measure(runners: readonly Runner[], route: Route): Promise<Times> {
  const cpu = new Map<string, number[]>(runners.map(({ name }) => [name, []]))
  const elapsed = new Map<string, number[]>(runners.map(({ name }) => [name, []]))
  for (let round = -Math.ceil(WARM_UP / MILLISECONDS); round < ROUNDS; round += 1) {
    process.stderr.write(round < 0 ? `${route}: warming up\n` : `${route}: round ${round + 1} of ${ROUNDS}\n`)
    for (const runner of runners) {
      await load(runner.port, route, runner.cookies, SETTLE)
      const before = await runner.cpu()
      const { requests, microseconds } = await load(runner.port, route, runner.cookies, MILLISECONDS)
      const used = (await runner.cpu()) - before
      if (round < 0) continue
      cpu.get(runner.name)?.push(used / requests)
      elapsed.get(runner.name)?.push(microseconds / requests)
    }
  }
  return { cpu, elapsed }
}

/** What one contestant adds to its bare framework: the median of the differences of each round. */
export function overheadOf({ cpu }: Times, name: string, framework: Framework): number {
  const bare = cpu.get(`bare ${framework}`) ?? []
  return median((cpu.get(name) ?? []).map((microseconds, round) => microseconds - (bare[round] ?? Number.NaN)))
}

/** What the others are compared with. */
export interface Ours {
  readonly name: string
  /** The contestant's name. */
  on(framework: Framework): string
}

export function tablesOf(route: Route, runners: readonly Runner[], times: Times, ours: Ours): SuiteResult['tables'] {
  const whole = (kind: keyof Times): Cost[] =>
    runners.map(({ name, framework }) => {
      const [own, bare] = [median(times[kind].get(name) ?? []), median(times[kind].get(`bare ${framework}`) ?? [])]
      return { name, microseconds: own, ratio: own / bare }
    })
  const added = runners
    .filter(({ name }) => !name.startsWith('bare'))
    .map(({ name, framework }): Cost => {
      const microseconds = overheadOf(times, name, framework)
      return {
        name: `${name} (${framework})`,
        microseconds,
        ratio: microseconds / overheadOf(times, ours.on(framework), framework),
      }
    })
  const what = route === '/read' ? 'One entry read' : 'One entry read, another written'
  return [
    { title: `${what}: elapsed time a request, against the bare framework`, costs: whole('elapsed') },
    { title: `${what}: CPU time a request, against the bare framework`, costs: whole('cpu') },
    { title: `${what}: CPU time added to the bare framework, against what ${ours.name} adds`, costs: added },
  ]
}

/** How many times what Sojourn adds does a peer add, on the same framework? */
export function against(times: Times, peer: Runner, factor: number, what: string, ours: Ours): Verdict {
  const ratio = overheadOf(times, peer.name, peer.framework) / overheadOf(times, ours.on(peer.framework), peer.framework)
  return {
    target: `${what}: ${ours.name} adds at most 1/${factor} of what ${peer.name} adds`,
    measured: `1/${ratio.toFixed(1)}`,
    met: ratio >= factor,
  }
}

/** Whether what Sojourn adds is little enough on every framework. */
export function atMost(times: Times, microseconds: number, what: string, ours: Ours): Verdict {
  const added = FRAMEWORKS.map((each) => ({ each, cost: overheadOf(times, ours.on(each), each) }))
  return {
    target: `${what}: ${ours.name} adds at most ${microseconds} us of CPU time`,
    measured: added.map(({ each, cost }) => `${each} ${cost.toFixed(1)} us`).join(', '),
    met: added.every(({ cost }) => cost <= microseconds),
  }
}
