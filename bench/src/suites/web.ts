// What do sessions add to a request, next to the peers' and over the same bare framework? Targets 1, 2 and 8.
//
// Real HTTP on loopback: every contestant is a process of its own, this one asks. What counts is the CPU time of the serving process, since
// that of a request also holds what other programs take. `SOJOURN_BENCH_ROUNDS` and `SOJOURN_BENCH_MILLISECONDS` make it shorter or longer.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cost, median } from '../measure.ts'
import type { SuiteResult, Verdict } from '../report.ts'
import { FRAMEWORKS, type Framework, ROUTES } from '../web/contestant.ts'
import { ask, load } from '../web/load.ts'
import { type Runner, startAll } from '../web/processes.ts'

const ROUNDS = Number(process.env['SOJOURN_BENCH_ROUNDS'] ?? 5)
const MILLISECONDS = Number(process.env['SOJOURN_BENCH_MILLISECONDS'] ?? 1000)
const WARM_UP = 3 * MILLISECONDS
/** Whoever had nothing to do while the others were asked is asked for so long before it counts: its memory and caches have gone to them. */
const SETTLE = MILLISECONDS / 2
const MOST_MICROSECONDS = { '/read': 12, '/write': 35 }

/** What each contestant cost on one route, round by round. Unit: microseconds a request. */
interface Times {
  /** CPU time of the serving process. */
  readonly cpu: ReadonlyMap<string, readonly number[]>
  /** What a request took when the server had nothing else to do than to answer the next. */
  readonly elapsed: ReadonlyMap<string, readonly number[]>
}

/**
 * Asks everything of everybody for a while, before anything is measured: a server runs for days, and what its first seconds cost is the compiler's
 * time. The more a program does, the longer it is compiled; a second was not enough for anybody.
 */
async function warmUp(runners: readonly Runner[]): Promise<void> {
  for (const runner of runners) {
    process.stderr.write(`warming up ${runner.name}\n`)
    for (const route of ROUTES) await load(runner.port, route, runner.cookies, WARM_UP)
  }
}

/** Asks all in turn, round by round, so that what disturbs the machine disturbs them all. The first round is not counted. */
async function measure(runners: readonly Runner[], route: string): Promise<Times> {
  const cpu = new Map<string, number[]>(runners.map(({ name }) => [name, []]))
  const elapsed = new Map<string, number[]>(runners.map(({ name }) => [name, []]))
  for (let round = 0; round <= ROUNDS; round += 1) {
    process.stderr.write(`${route}: round ${round} of ${ROUNDS}\n`)
    for (const runner of runners) {
      await load(runner.port, route, runner.cookies, SETTLE)
      const before = await runner.cpu()
      const { requests, microseconds } = await load(runner.port, route, runner.cookies, MILLISECONDS)
      const used = (await runner.cpu()) - before
      if (round === 0) continue
      cpu.get(runner.name)?.push(used / requests)
      elapsed.get(runner.name)?.push(microseconds / requests)
    }
  }
  return { cpu, elapsed }
}

/** What one contestant adds to its bare framework: the median of the differences of each round. */
function overheadOf({ cpu }: Times, name: string, framework: Framework): number {
  const bare = cpu.get(`bare ${framework}`) ?? []
  return median((cpu.get(name) ?? []).map((microseconds, round) => microseconds - (bare[round] ?? Number.NaN)))
}

const ours = (framework: Framework) => `Sojourn, SQLite, on ${framework}`

function tablesOf(route: string, runners: readonly Runner[], times: Times): SuiteResult['tables'] {
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
        ratio: microseconds / overheadOf(times, ours(framework), framework),
      }
    })
  const what = route === '/read' ? 'One entry read' : 'One entry read, another written'
  return [
    { title: `${what}: elapsed time a request, against the bare framework`, costs: whole('elapsed') },
    { title: `${what}: CPU time a request, against the bare framework`, costs: whole('cpu') },
    { title: `${what}: CPU time added to the bare framework, against what Sojourn on SQLite adds`, costs: added },
  ]
}

/** How many times what Sojourn adds does a peer add, on the same framework? */
function against(times: Times, peer: Runner, factor: number, what: string): Verdict {
  const ratio = overheadOf(times, peer.name, peer.framework) / overheadOf(times, ours(peer.framework), peer.framework)
  return {
    target: `${what}: Sojourn on SQLite adds at most 1/${factor} of what ${peer.name} adds`,
    measured: `1/${ratio.toFixed(1)}`,
    met: ratio >= factor,
  }
}

function verdictsOf(runners: readonly Runner[], reads: Times, writes: Times): readonly Verdict[] {
  const peers = runners.filter(({ name }) => !/^(bare|Sojourn)/.test(name))
  const limits = ROUTES.map((route): Verdict => {
    const added = FRAMEWORKS.map((each) => overheadOf(route === '/read' ? reads : writes, ours(each), each))
    return {
      target: `${route === '/read' ? 'read' : 'write'}: Sojourn on SQLite adds at most ${MOST_MICROSECONDS[route]} us of CPU time`,
      measured: FRAMEWORKS.map((each, at) => `${each} ${added[at]?.toFixed(1)} us`).join(', '),
      met: added.every((microseconds) => microseconds <= MOST_MICROSECONDS[route]),
    }
  })
  const least: Record<string, number> = { 'iron-session': 10, 'better-auth, SQLite': 25 }
  return [
    ...limits,
    ...peers.flatMap((peer) => (least[peer.name] === undefined ? [] : [against(reads, peer, least[peer.name] ?? 1, 'read')])),
    ...peers.map((peer) => against(writes, peer, 2, 'write')),
  ]
}

/** 10,000 reads of one session over HTTP: did they write to the store's file? */
async function writesOfReads(runners: readonly Runner[]): Promise<Verdict> {
  const runner = runners.find(({ name }) => name === ours('http'))
  if (runner === undefined) throw new Error('Sojourn on SQLite does not take part')
  const log = join(runner.folder, 'sessions.db-wal')
  const before = statSync(log).mtimeMs
  await ask(runner.port, '/read', runner.cookies[0] ?? '', 10_000)
  const writes = statSync(log).mtimeMs === before ? 0 : 1
  return {
    target: '10,000 reads of one session inside a touch interval write at most once',
    measured: writes === 0 ? 'no write' : 'at least one write',
    met: writes === 0,
  }
}

export async function run(): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
  const runners = await startAll(folder)
  try {
    const untouched = await writesOfReads(runners)
    await warmUp(runners)
    const reads = await measure(runners, '/read')
    const writes = await measure(runners, '/write')
    return {
      suite: 'web',
      tables: [...tablesOf('/read', runners, reads), ...tablesOf('/write', runners, writes)],
      verdicts: [...verdictsOf(runners, reads, writes), untouched],
    }
  } finally {
    for (const runner of runners) await runner.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
