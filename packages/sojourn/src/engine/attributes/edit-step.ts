// How is one edit, given in values, put to a store, and what follows when it is refused?
import { encodeValue } from '../codec/codec.ts'
import type { Edit } from '../core.ts'
import type { AttributeConflict } from '../store.ts'
import type { Millis } from '../time.ts'
import type { AttributeReading, Draft, HomeChange } from './home.ts'
import { requireFitting } from './names.ts'
import { readValue } from './reading.ts'
import { sum } from './sum.ts'

/** An edit on its way. */
export interface Step {
  readonly edit: Edit
  /** Whether it is a function of the value there is: compare-and-set, in a queue. */
  computed: boolean
  /** What goes to the store; `undefined` while the value there is has to be read first. */
  change: HomeChange | undefined
  /** What was computed. */
  result?: unknown
}

export function firstStep(edit: Edit): Step {
  const change = directChange(edit)
  return { edit, computed: change === undefined, change }
}

/** What an edit is for a store; `undefined` for one that the value there is has to be read for first. */
function directChange(edit: Edit): HomeChange | undefined {
  switch (edit.kind) {
    case 'put':
      return written(edit, expiryIfGone(edit) === undefined ? edit.when : 'present', edit.value, edit.encrypt === true)
    case 'drop':
      return { name: edit.name, when: edit.when, text: null }
    case 'expire':
      return { name: edit.name, when: 'present', expiresAt: edit.expiresAt }
    case 'add':
      // A store adds whole numbers to plain ones, would give a new expiry to what is there, and cannot check a sum.
      if (Number.isSafeInteger(edit.by) && edit.encrypt !== true && edit.expiresAt === undefined && edit.checked === undefined) {
        return { name: edit.name, when: expiryIfGone(edit) === undefined ? 'always' : 'present', add: edit.by }
      }
      return undefined
    case 'change':
      return undefined
  }
}

type Written = Extract<Edit, { kind: 'put' | 'change' | 'add' }>

/** When a value ends that was read with an expiry and is not there any more. Where there is one, what is there is asked for first. */
function expiryIfGone(edit: Written): Millis | undefined {
  const comesBack = edit.kind === 'add' || edit.when === 'always'
  return comesBack && edit.expiresAt === undefined ? (edit.expiresAtIfGone ?? undefined) : undefined
}

type Options = Pick<Written, 'name' | 'encrypt' | 'expiresAt'>

function written({ name, encrypt, expiresAt }: Options, when: HomeChange['when'], value: unknown, seal: boolean): HomeChange {
  const draft: Draft<HomeChange> = { name, when, text: requireFitting(name, encodeValue(name, value)), seal }
  if (encrypt === false) draft.unseal = true
  if (expiresAt !== undefined) draft.expiresAt = expiresAt
  return draft
}

/** Computes a step from the value there is. */
export async function compute(step: Step, reading: AttributeReading): Promise<void> {
  const { edit } = step
  if (edit.kind !== 'change' && edit.kind !== 'add') return
  const { name } = edit
  const stored = reading.attributes.get(name)
  const wasSealed = typeof stored?.value === 'object'
  const old = stored === undefined ? undefined : readValue(name, stored, reading)
  step.result = await (edit.kind === 'add' ? added(edit, old) : edit.change(old))
  const options = optionsOf(edit, stored !== undefined)
  const when = edit.kind === 'add' ? 'always' : edit.when
  const revision = stored?.revision ?? 0
  step.change = { ...written(options, when, step.result, options.encrypt ?? wasSealed), revision }
}

/** How a computed value is kept. The options of an addition are for a number that is new. */
function optionsOf(edit: Written, isThere: boolean): Options {
  if (!isThere) return { ...edit, expiresAt: edit.expiresAt ?? expiryIfGone(edit) }
  return edit.kind === 'add' ? { name: edit.name } : edit
}

/** What an addition comes to. */
function added({ name, by, checked = (total) => total }: Extract<Edit, { kind: 'add' }>, old: unknown): unknown {
  return checked(sum(name, old, by))
}

/** Prepares a step for another attempt after a refusal; `false` when nothing can be done about it. */
export function retry(step: Step, { reason }: AttributeConflict): boolean {
  const { edit, computed, change } = step
  if (edit.kind === 'add' && (reason === 'sealed' || reason === 'not-a-number' || reason === 'absent') && !computed) {
    step.computed = true
    step.change = undefined
    return true
  }
  if (computed && (reason === 'revision' || (reason === 'sealed' && edit.kind === 'change' && edit.encrypt === undefined))) {
    step.change = undefined
    return true
  }
  if (edit.kind === 'put' && reason === 'sealed' && edit.encrypt === undefined && change?.seal === false) {
    step.change = { ...change, seal: true }
    return true
  }
  if (edit.kind === 'put' && reason === 'absent' && change !== undefined) return comesBack(step, edit, change)
  return false
}

/** Has a value that is not there any more written all the same, with the expiry that it was read with. */
function comesBack(step: Step, edit: Extract<Edit, { kind: 'put' }>, change: HomeChange): boolean {
  const expiresAt = expiryIfGone(edit)
  if (expiresAt !== undefined) step.change = { ...change, when: edit.when, expiresAt }
  return expiresAt !== undefined
}
