// In which order is one store copied to another, and when is it done?

import { type Admission, admit, CLOCK_TOLERANCE, type Parts } from './admit.ts'
import { catchUp } from './catch-up.ts'
import { copyAudit } from './copy-audit.ts'
import { copySessions, countSessions, endDead } from './copy-sessions.ts'
import { copyTokens } from './copy-tokens.ts'
import { copyUsers } from './copy-users.ts'
import { leaveMark } from './marks.ts'
import type { Progress } from './progress.ts'
import { type Compared, compareSample, createSample, type Sample } from './sample.ts'
import type { Side } from './side.ts'
import { emptyTally, type Tally } from './tally.ts'

/** What is copied from where to where. */
export interface CopyOptions {
  readonly from: Side
  readonly to: Side
  readonly parts: Parts
  readonly usedTarget: 'refuse' | 'take'
  readonly clock: () => number
  readonly progress: Progress
  /** Stops the copy at the next page. */
  readonly signal: AbortSignal
}

/** The kinds of data, in the order in which they are copied: what refers to users comes after them. */
const KINDS = ['audit', 'users', 'tokens', 'sessions'] as const

/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number]

/** How a copy ended. */
export interface CopyResult {
  /** How often everything was gone through. */
  readonly passes: number
  /** Whether the last pass found both sides the same: true of a source that nobody uses. */
  readonly settled: boolean
  /** What the last pass found on either side, and how much all passes wrote or removed. */
  readonly kinds: Readonly<Record<Kind, Tally>>
  readonly sample: Compared
  /** Unit: seconds. */
  readonly seconds: number
}

/** How often everything is gone through at most. A source that is in use is never quite the same. */
const MOST_PASSES = 3

/**
 * Copies everything, then goes through everything again for what has changed meanwhile, until a pass finds nothing or there were enough.
 * A copy may be broken off and begun again at any time: what is there already is compared and left alone.
 */
export async function copyStore(options: CopyOptions): Promise<CopyResult> {
  const { from, to, parts, clock, progress, signal } = options
  const start = clock()
  progress.begin('looking at the target', undefined)
  const admission = await admit(options, { clock, signal, advance: progress.advance })
  await leaveMark(to.directory, to.name, { phase: 'begin', at: clock(), since: admission.since }, { from: from.name })
  progress.begin('counting sessions', undefined)
  const expected = parts.sessions ? await countSessions(from.sessions, { clock, signal }) : 0

  const total: Record<Kind, Tally> = { audit: emptyTally(), users: emptyTally(), tokens: emptyTally(), sessions: emptyTally() }
  let { mode, since }: Admission = admission
  for (let pass = 1; ; pass += 1) {
    const begun = clock()
    const sample = createSample()
    const found = await passOver(options, { pass, mode, since, expected, meet: sample.meet })
    for (const kind of KINDS) total[kind] = { ...found[kind], changed: total[kind].changed + found[kind].changed }
    ;[mode, since] = ['compare', begun - CLOCK_TOLERANCE]
    if (KINDS.some((kind) => found[kind].changed + found[kind].waiting > 0) && pass < MOST_PASSES) continue

    progress.begin('comparing a sample', undefined)
    const compared = await compareSample(from.sessions, to.sessions, sample.chosen(), clock())
    const settled = compared.different === 0 && KINDS.every((kind) => isSame(found[kind]))
    const facts = { from: from.name, settled, sessions: found.sessions.target, users: found.users.target }
    await leaveMark(to.directory, to.name, { phase: 'end', at: clock(), since: begun - CLOCK_TOLERANCE }, facts)
    return { passes: pass, settled, kinds: total, sample: compared, seconds: (clock() - start) / 1000 }
  }
}

function isSame({ source, target, changed, waiting }: Tally): boolean {
  return source === target && changed === 0 && waiting === 0
}

/** What a pass has to know beside the sides. */
interface Pass extends Admission {
  readonly pass: number
  readonly expected: number
  readonly meet: Sample['meet']
}

async function passOver(
  { from, to, parts, clock, progress, signal }: CopyOptions,
  { pass, mode, since, expected, meet }: Pass,
): Promise<Readonly<Record<Kind, Tally>>> {
  const context = { clock, signal, advance: progress.advance }
  const begin = (kind: Kind, count?: number) => progress.begin(pass === 1 ? kind : `${kind}, pass ${pass}`, count)
  const found = { audit: emptyTally(), users: emptyTally(), tokens: emptyTally(), sessions: emptyTally() }
  await catchUp(from, clock)
  if (parts.directory) {
    begin('audit')
    found.audit = await copyAudit(from.directory, to.directory, to.name, context)
    begin('users')
    found.users = await copyUsers(from.directory, to.directory, context)
    begin('tokens')
    found.tokens = await copyTokens(from.directory, to.directory, context)
  }
  if (parts.sessions) {
    begin('sessions', expected)
    const copied = await copySessions(from.sessions, to.sessions, { ...context, mode, since, meet })
    progress.begin('looking for sessions that have ended', expected)
    const ended = await endDead(from.sessions, to.sessions, context)
    found.sessions = { ...copied, target: ended.target, changed: copied.changed + ended.changed }
  }
  return found
}
