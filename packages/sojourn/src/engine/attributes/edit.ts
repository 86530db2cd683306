// How are edits applied in one write, whatever stands in their way?
//
// What a store cannot do by itself is done here: a plain value in front of a sealed one is sealed and sent again, and one whose predecessor is gone
// with the expiry of that; a function of the old value, and a number that the store cannot add to, become compare-and-set, in a queue for
// each attribute.
import type { Edit, EditResult } from '../core.ts'
import type { Queue } from '../queue.ts'
import type { AttributeConflict, AttributeLimits } from '../store.ts'
import type { Clock } from '../time.ts'
import { compute, firstStep, retry, type Step } from './edit-step.ts'
import type { AttributeHome, HomeChange, HomeOutcome } from './home.ts'
import { conflictError, fullError } from './outcome.ts'

/** How often a change is tried when somebody outside this process is faster each time. */
const MOST_ATTEMPTS = 16

type Refused = Exclude<HomeOutcome, { readonly outcome: 'done' }>

/** Applies edits to a home, each name at most once. */
export interface Editor {
  apply(home: AttributeHome, edits: readonly Edit[], limits: AttributeLimits): Promise<EditResult>
}

export function createEditor({ clock, queue }: { readonly clock: Clock; readonly queue: Queue }): Editor {
  /** `undefined` when more edits turned out to be compare-and-set than the `queued` ones. */
  const attempt = async (home: AttributeHome, steps: readonly Step[], queued: number, limits: AttributeLimits) => {
    for (let left = MOST_ATTEMPTS; ; left -= 1) {
      if (steps.some(isOpen)) await computeAll(home, steps)
      const outcome = await home.write(changesOf(steps), limits, clock())
      if (outcome.outcome === 'done') return resultOf(steps, outcome.added)
      retryOrThrow(steps, outcome, left)
      if (steps.filter(isComputed).length > queued) return undefined
    }
  }

  const computeAll = async (home: AttributeHome, steps: readonly Step[]) => {
    const open = steps.filter(isOpen)
    const reading = await home.read(namesOf(open), clock())
    const absent = steps.filter(
      ({ edit }) => edit.kind === 'change' && edit.when === 'present' && !reading.attributes.has(edit.name),
    )
    const missing = absent.map(({ edit }): AttributeConflict => ({ name: edit.name, reason: 'absent' }))
    if (missing[0] !== undefined) throw conflictError(missing[0], missing)
    for (const step of open) await compute(step, reading)
  }

  return {
    async apply(home, edits, limits) {
      const steps = edits.map(firstStep)
      // Where nothing is computed, as with nearly all edits, nobody waits for anybody.
      for (let left = MOST_ATTEMPTS; !steps.some(isComputed); left -= 1) {
        const outcome = await home.write(changesOf(steps), limits, clock())
        if (outcome.outcome === 'done') return outcome.added
        retryOrThrow(steps, outcome, left)
      }
      for (;;) {
        const computed = steps.filter(isComputed)
        const keys = namesOf(computed).map((name) => `${home.place}\0${name}`)
        const result = await queue.run(keys, () => attempt(home, steps, computed.length, limits))
        if (result !== undefined) return result
      }
    },
  }
}

const isComputed = (step: Step) => step.computed
const isOpen = (step: Step) => step.change === undefined

function namesOf(steps: readonly Step[]): string[] {
  return steps.map(({ edit }) => edit.name)
}

function changesOf(steps: readonly Step[]): HomeChange[] {
  const changes: HomeChange[] = []
  for (const { change } of steps) if (change !== undefined) changes.push(change)
  return changes
}

/** Prepares steps for another attempt, of which there are so many left with this one. */
function retryOrThrow(steps: readonly Step[], outcome: Refused, left: number): void {
  if (outcome.outcome === 'full') throw fullError(outcome.limit)
  const hopeless = outcome.conflicts.filter((conflict) => !retryOf(steps, conflict))
  const [first] = left > 1 ? hopeless : outcome.conflicts
  if (first !== undefined) throw conflictError(first, outcome.conflicts)
}

function retryOf(steps: readonly Step[], conflict: AttributeConflict): boolean {
  const step = steps.find(({ edit }) => edit.name === conflict.name)
  return step !== undefined && retry(step, conflict)
}

function resultOf(steps: readonly Step[], added: ReadonlyMap<string, number>): EditResult {
  const computed = steps.filter(isComputed).map(({ edit, result }) => [edit.name, result] as const)
  return new Map<string, unknown>([...added, ...computed])
}
