// Which entries does a request see in its session, and which of them has it changed?
//
// An entry is opened when it is first read. What was set, added or changed is noted per entry; what was read and then mutated in place is
// found by comparing its text with the one it was read from. At commit each change is one edit: what nobody touched is not written.

import { isReserved, requireFitting, requireName } from '../engine/attributes/names.ts'
import { type AttributeDefinition, type AttributeSchema, fitting } from '../engine/attributes/schema.ts'
import { sum } from '../engine/attributes/sum.ts'
import { requireBoolean, requirePositive } from '../engine/check.ts'
import { decodeValue, encodeValue } from '../engine/codec/codec.ts'
import type { Edit, FirstAttribute } from '../engine/core.ts'
import { invalidOption } from '../engine/error.ts'
import type { StoredAttribute } from '../engine/store.ts'
import type { Clock, Millis, Seconds } from '../engine/time.ts'
import { type EntryOptions, type Keeping, mutatedAfterChange, type Pending, pendingEdit, type Step, stepsOf } from './pending.ts'

/** The entries of one session during one request. */
export interface Entries {
  get(key: string): unknown
  has(key: string): boolean
  set(key: string, value: unknown, options?: EntryOptions): void
  delete(key: string): boolean
  increment(key: string, by: number): void
  change(key: string, step: Step): void
  /** Has an entry written whether or not it changed. */
  mark(key: string): void
  keys(): string[]
  isChanged(): boolean
  /** What changed, for a session that is stored. */
  edits(): Edit[]
  /** Everything there is, for a session that is not stored yet. */
  all(): FirstAttribute[]
  /** Those keys alone, as entries of a session that is not stored yet. */
  carry(keys: readonly string[]): Entries
}

const AS_IT_IS: Pending = { kind: 'put', encrypt: undefined, expiresAt: undefined }

interface Content {
  /** The text that `value` had when it was read or set. */
  readonly text: string
  readonly value: unknown
}

interface Cell {
  readonly stored: StoredAttribute | undefined
  readonly expiresAt: Millis | null
  content: Content | undefined
  pending: Pending | undefined
}

/** What entries depend on. */
export interface EntryRules {
  readonly clock: Clock
  /** The instant so many seconds from now. */
  readonly after: (duration: Seconds) => Millis
  /** The declared attributes. */
  readonly schema: AttributeSchema | undefined
}

/** Opens the text of a sealed entry. */
export type OpenText = (key: string) => string

/** The entries of a stored session, among its attributes. */
export function storedEntries(attributes: ReadonlyMap<string, StoredAttribute>, openText: OpenText, rules: EntryRules): Entries {
  const cells = new Map<string, Cell>()
  for (const [key, stored] of attributes) {
    if (!isReserved(key)) cells.set(key, { stored, expiresAt: stored.expiresAt, content: undefined, pending: undefined })
  }
  return new CellEntries(cells, openText, rules, 'stored')
}

/** The entries of a session that is not stored yet. */
export function newEntries(rules: EntryRules): Entries {
  return new CellEntries(new Map(), () => 'null', rules, 'new')
}

/** A class for the sake of its methods: every request has one, and calls few of them. */
class CellEntries implements Entries {
  readonly #cells: Map<string, Cell>
  readonly #openText: OpenText
  readonly #rules: EntryRules
  readonly #kind: 'stored' | 'new'
  /** Made with the first: most requests drop nothing. */
  #dropped: Set<string> | undefined

  constructor(cells: Map<string, Cell>, openText: OpenText, rules: EntryRules, kind: 'stored' | 'new') {
    this.#cells = cells
    this.#openText = openText
    this.#rules = rules
    this.#kind = kind
  }

  get(key: string): unknown {
    const cell = this.#find(key)
    return cell === undefined ? undefined : this.#open(key, cell).value
  }
  has(key: string): boolean {
    return this.#find(key) !== undefined
  }
  set(key: string, value: unknown, options: EntryOptions = {}): void {
    requireName(key)
    const { expiration = definitionOf(this.#rules.schema, key)?.expiration, encrypt } = options
    this.#put(key, value, { kind: 'put', ...this.#keeping(key, this.#find(key), { expiration, encrypt }) })
  }
  delete(key: string): boolean {
    const found = this.#find(key) !== undefined
    // Of a stored session also what only this request made: another request may have made it meanwhile.
    if (found && this.#cells.delete(key) && this.#kind === 'stored') this.#dropped = (this.#dropped ?? new Set()).add(key)
    return found
  }
  increment(key: string, by: number): void {
    requireName(key)
    if (typeof by !== 'number' || !Number.isFinite(by)) throw invalidOption('by', 'must be a finite number')
    const cell = this.#find(key)
    const total = sum(key, this.get(key), by)
    const kind = cell?.pending?.kind
    // Two additions to a declared entry are not one: its schema sees what each comes to.
    if (kind === 'change' || (kind === 'add' && definitionOf(this.#rules.schema, key)))
      this.change(key, (old) => sum(key, old, by))
    else if (this.#isReplaced(key, cell)) this.#put(key, total, { kind: 'put', ...this.#kept(key, cell) })
    else
      this.#put(key, total, {
        kind: 'add',
        by: sum(key, cell?.pending?.kind === 'add' ? cell.pending.by : 0, by),
        ...this.#kept(key, cell),
      })
  }
  change(key: string, step: Step): void {
    requireName(key)
    if (typeof step !== 'function') throw invalidOption('change', 'must be given a function')
    const cell = this.#find(key)
    const after = step(cell === undefined ? undefined : decodeValue(key, this.#textNow(key, cell)))
    const isMutated = cell !== undefined && this.#wasMutated(key, cell)
    if (isMutated && cell.pending?.kind === 'change') throw mutatedAfterChange(key)
    if (isMutated || this.#isReplaced(key, cell)) this.#put(key, after, { kind: 'put', ...this.#kept(key, cell) })
    else {
      const before = cell?.pending?.kind === 'change' ? cell.pending.before : cell && this.#storedText(key, cell)
      const steps = [...stepsOf(key, cell?.pending), step]
      this.#put(key, after, { kind: 'change', steps, before, ...this.#kept(key, cell) })
    }
  }
  mark(key: string): void {
    const cell = this.#find(key)
    if (cell === undefined || cell.pending !== undefined) return
    this.#open(key, cell)
    cell.pending = AS_IT_IS
  }
  keys(): string[] {
    return [...this.#cells.keys()].filter((key) => this.#find(key) !== undefined)
  }
  isChanged(): boolean {
    if (this.#dropped?.size) return true
    for (const [key, cell] of this.#cells) if (cell.pending !== undefined || this.#wasMutated(key, cell)) return true
    return false
  }
  edits(): Edit[] {
    const edits: Edit[] = []
    for (const name of this.#dropped ?? []) edits.push({ kind: 'drop', name, when: 'always' })
    for (const [name, cell] of this.#cells) {
      const mutated = this.#wasMutated(name, cell)
      if (mutated && cell.pending?.kind === 'change') throw mutatedAfterChange(name)
      const pending: Pending | undefined = cell.pending ?? (mutated ? AS_IT_IS : undefined)
      const value = cell.content?.value
      // What keeps its expiry and has passed it is gone.
      if (pending === undefined || (pending.expiresAt === undefined && this.#find(name) === undefined)) continue
      const fits = definitionOf(this.#rules.schema, name) && ((each: unknown) => declared(this.#rules.schema, name, each))
      const kept = { encrypt: this.#sealing(name, cell), expiresAt: pending.expiresAt, expiresAtIfGone: cell.stored?.expiresAt }
      edits.push(pendingEdit(name, pending, kept, mutated && fits ? fits(value) : value, fits))
    }
    return edits
  }
  all(): FirstAttribute[] {
    return [...this.#cells].flatMap(([name, cell]) => {
      if (this.#find(name) === undefined) return []
      const { value } = this.#open(name, cell)
      const fits = this.#wasMutated(name, cell) ? declared(this.#rules.schema, name, value) : value
      return [{ name, value: fits, encrypt: this.#sealing(name, cell), expiresAt: cell.expiresAt }]
    })
  }
  carry(keys: readonly string[]): Entries {
    const kept = new Map<string, Cell>()
    for (const key of keys) {
      const cell = this.#find(key)
      if (cell !== undefined) kept.set(key, { ...cell, content: this.#open(key, cell) })
    }
    return new CellEntries(kept, this.#openText, this.#rules, 'new')
  }

  #find(key: string): Cell | undefined {
    const cell = this.#cells.get(key)
    if (cell === undefined || cell.expiresAt === null || cell.expiresAt > this.#rules.clock()) return cell
    this.#cells.delete(key)
    return undefined
  }
  #open(key: string, cell: Cell): Content {
    if (cell.content === undefined) {
      const text = this.#storedText(key, cell) ?? 'null'
      cell.content = { text, value: decodeValue(key, text) }
    }
    return cell.content
  }
  #storedText(key: string, { stored }: Cell): string | undefined {
    if (stored === undefined) return undefined
    return typeof stored.value === 'string' ? stored.value : this.#openText(key)
  }
  /** The text an entry has by now, what was done in place included. */
  #textNow(key: string, cell: Cell): string {
    const { text, value } = this.#open(key, cell)
    return isMutable(value) ? encode(key, value) : text
  }
  #wasMutated(key: string, cell: Cell): boolean {
    return cell.content !== undefined && this.#textNow(key, cell) !== cell.content.text
  }
  /** Whether nothing that the store holds matters to a key any more. */
  #isReplaced(key: string, cell: Cell | undefined): boolean {
    return this.#kind === 'new' || this.#dropped?.has(key) || cell?.pending?.kind === 'put'
  }
  /** Whether to seal a value: a new one as declared; one that was read sealed stays so, also where another request deletes it meanwhile. */
  #sealing(key: string, { pending, stored }: Cell): boolean | undefined {
    const isSealed = stored ? typeof stored.value !== 'string' : definitionOf(this.#rules.schema, key)?.encrypt
    return pending?.encrypt ?? (isSealed || undefined)
  }
  /** How a key that is written is kept from now on, as far as that was said. */
  #keeping(key: string, cell: Cell | undefined, options: EntryOptions): Keeping {
    const { encrypt = cell?.pending?.encrypt, expiration } = options
    if (encrypt !== undefined) requireBoolean('encrypt', encrypt)
    const isTimed = expiration !== undefined && expiration !== null
    const asked = isTimed ? this.#rules.after(requirePositive('expiration', expiration)) : expiration
    return { encrypt, expiresAt: asked === undefined ? (this.#dropped?.has(key) ? null : cell?.pending?.expiresAt) : asked }
  }
  /** The same for what is added to or changed: its expiry stays, unless it is new. */
  #kept(key: string, cell: Cell | undefined): Keeping {
    const expiration = cell === undefined ? definitionOf(this.#rules.schema, key)?.expiration : undefined
    return this.#keeping(key, cell, { expiration })
  }
  #put(key: string, value: unknown, pending: Pending): void {
    const before = this.#cells.get(key)
    const fits = declared(this.#rules.schema, key, value)
    const expiresAt = pending.expiresAt === undefined ? (before?.expiresAt ?? null) : pending.expiresAt
    this.#cells.set(key, { stored: before?.stored, expiresAt, content: { text: encode(key, fits), value: fits }, pending })
    this.#dropped?.delete(key)
  }
}

function definitionOf(schema: AttributeSchema | undefined, key: string): AttributeDefinition | undefined {
  return schema !== undefined && Object.hasOwn(schema, key) ? schema[key] : undefined
}

/** What the declared schema makes of a value. Maps are synchronous, and so must be the schemas of their entries. */
function declared(schema: AttributeSchema | undefined, key: string, value: unknown): unknown {
  const definition = definitionOf(schema, key)
  if (definition === undefined) return value
  const result = definition.schema['~standard'].validate(value)
  if (result instanceof Promise) throw invalidOption(key, 'has an asynchronous schema, which web sessions cannot have')
  return fitting(result, key)
}

function encode(key: string, value: unknown): string {
  return requireFitting(key, encodeValue(key, value))
}

/** Whether a value can change while the session holds it. */
function isMutable(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
