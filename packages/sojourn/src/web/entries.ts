// Which entries does a request see in its session, and which of them has it changed?
//
// An entry is opened when it is first read. What was set, added or changed is noted per entry; what was read and then mutated in place is
// found by comparing its text with the one it was read from. At commit each change is one edit: what nobody touched is not written.

import { isReserved, requireFitting, requireName } from '../engine/attributes/names.ts'
import { type AttributeDefinition, type AttributeSchema, fitting } from '../engine/attributes/schema.ts'
import { requirePositive } from '../engine/check.ts'
import { decodeValue, encodeValue } from '../engine/codec/codec.ts'
import type { Edit, FirstAttribute } from '../engine/core.ts'
import { invalidOption } from '../engine/error.ts'
import type { StoredAttribute } from '../engine/store.ts'
import type { Clock, Millis } from '../engine/time.ts'
import {
  addTo,
  type EntryOptions,
  type Keeping,
  mutatedAfterChange,
  type Pending,
  pendingEdit,
  type Step,
  stepsOf,
} from './pending.ts'

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

const AS_IT_IS: Keeping = { encrypt: undefined, expiresAt: undefined }

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
  return entriesOver(cells, openText, rules, 'stored')
}

/** The entries of a session that is not stored yet. */
export function newEntries(rules: EntryRules): Entries {
  return entriesOver(new Map(), () => 'null', rules, 'new')
}

function entriesOver(cells: Map<string, Cell>, openText: OpenText, rules: EntryRules, kind: 'stored' | 'new'): Entries {
  const { clock, schema } = rules
  const dropped = new Set<string>()

  function find(key: string): Cell | undefined {
    const cell = cells.get(key)
    if (cell === undefined || cell.expiresAt === null || cell.expiresAt > clock()) return cell
    cells.delete(key)
    return undefined
  }
  function open(key: string, cell: Cell): Content {
    if (cell.content === undefined) {
      const text = storedText(key, cell) ?? 'null'
      cell.content = { text, value: decodeValue(key, text) }
    }
    return cell.content
  }
  function storedText(key: string, { stored }: Cell): string | undefined {
    if (stored === undefined) return undefined
    return typeof stored.value === 'string' ? stored.value : openText(key)
  }
  /** The text an entry has by now, what was done in place included. */
  function textNow(key: string, cell: Cell): string {
    const { text, value } = open(key, cell)
    return isMutable(value) ? encode(key, value) : text
  }
  const wasMutated = (key: string, cell: Cell) => cell.content !== undefined && textNow(key, cell) !== cell.content.text
  /** How a key that is written is kept from now on: a new one as it was declared. */
  function keeping(key: string, cell: Cell | undefined, options: EntryOptions): Keeping {
    const { encrypt = cell?.pending?.encrypt } = options
    if (encrypt !== undefined && typeof encrypt !== 'boolean') throw invalidOption('encrypt', 'must be true or false')
    const asked = deadline(options.expiration, clock())
    const isNew = cell?.stored === undefined && !dropped.has(key)
    return {
      encrypt: encrypt ?? (isNew && definitionOf(schema, key)?.encrypt === true ? true : undefined),
      expiresAt: asked !== undefined ? asked : dropped.has(key) ? null : cell?.pending?.expiresAt,
    }
  }
  /** The same for what is added to or changed: its expiry stays, unless it is new. */
  const kept = (key: string, cell: Cell | undefined) =>
    keeping(key, cell, { expiration: cell === undefined ? definitionOf(schema, key)?.expiration : undefined })
  function put(key: string, value: unknown, pending: Pending): void {
    const before = cells.get(key)
    const fits = declared(schema, key, value)
    const expiresAt = pending.expiresAt === undefined ? (before?.expiresAt ?? null) : pending.expiresAt
    cells.set(key, { stored: before?.stored, expiresAt, content: { text: encode(key, fits), value: fits }, pending })
  }

  const entries: Entries = {
    get(key) {
      const cell = find(key)
      return cell === undefined ? undefined : open(key, cell).value
    },
    has: (key) => find(key) !== undefined,
    set(key, value, options = {}) {
      requireName(key)
      const { expiration = definitionOf(schema, key)?.expiration, encrypt } = options
      put(key, value, { kind: 'put', ...keeping(key, find(key), { expiration, encrypt }) })
      dropped.delete(key)
    },
    delete(key) {
      const found = find(key) !== undefined
      // Of a stored session also what only this request made: another request may have made it meanwhile.
      if (found && cells.delete(key) && kind === 'stored') dropped.add(key)
      return found
    },
    increment(key, by) {
      requireName(key)
      if (typeof by !== 'number' || !Number.isFinite(by)) throw invalidOption('by', 'must be a finite number')
      const cell = find(key)
      const sum = addTo(key, entries.get(key), by)
      if (cell?.pending?.kind === 'change') entries.change(key, (old) => addTo(key, old, by))
      else if (kind === 'new' || dropped.has(key) || cell?.pending?.kind === 'put') entries.set(key, sum)
      else put(key, sum, { kind: 'add', by: by + (cell?.pending?.by ?? 0), ...kept(key, cell) })
    },
    change(key, step) {
      requireName(key)
      if (typeof step !== 'function') throw invalidOption('change', 'must be given a function of the present value')
      const cell = find(key)
      const after = step(cell === undefined ? undefined : decodeValue(key, textNow(key, cell)))
      if (kind === 'new' || dropped.has(key) || cell?.pending?.kind === 'put') return entries.set(key, after)
      if (cell !== undefined && wasMutated(key, cell)) {
        if (cell.pending?.kind === 'change') throw mutatedAfterChange(key)
        return entries.set(key, after)
      }
      const before = cell?.pending?.kind === 'change' ? cell.pending.before : cell && storedText(key, cell)
      const steps = [...stepsOf(key, cell?.pending), step]
      put(key, after, { kind: 'change', steps, before, ...kept(key, cell) })
    },
    mark(key) {
      const cell = find(key)
      if (cell === undefined || cell.pending !== undefined) return
      open(key, cell)
      cell.pending = { kind: 'put', ...AS_IT_IS }
    },
    keys: () => [...cells.keys()].filter((key) => find(key) !== undefined),
    isChanged: () => dropped.size > 0 || [...cells].some(([key, cell]) => cell.pending !== undefined || wasMutated(key, cell)),
    edits() {
      const edits: Edit[] = [...dropped].map((name) => ({ kind: 'drop', name, when: 'always' }))
      for (const [name, cell] of cells) {
        const mutated = wasMutated(name, cell)
        if (mutated && cell.pending?.kind === 'change') throw mutatedAfterChange(name)
        const pending: Pending | undefined = cell.pending ?? (mutated ? { kind: 'put', ...AS_IT_IS } : undefined)
        const value = cell.content?.value
        if (pending !== undefined) edits.push(pendingEdit(name, pending, mutated ? declared(schema, name, value) : value))
      }
      return edits
    },
    all: () =>
      [...cells].flatMap(([name, cell]) => {
        if (find(name) === undefined) return []
        const { value } = open(name, cell)
        const encrypt = cell.pending?.encrypt ?? (cell.stored !== undefined && typeof cell.stored.value !== 'string')
        return [
          { name, value: wasMutated(name, cell) ? declared(schema, name, value) : value, encrypt, expiresAt: cell.expiresAt },
        ]
      }),
    carry(keys) {
      const kept = new Map<string, Cell>()
      for (const key of keys) {
        const cell = find(key)
        if (cell !== undefined) kept.set(key, { ...cell, content: open(key, cell) })
      }
      return entriesOver(kept, openText, rules, 'new')
    },
  }
  return entries
}

function definitionOf(schema: AttributeSchema | undefined, key: string): AttributeDefinition | undefined {
  return schema !== undefined && Object.hasOwn(schema, key) ? schema[key] : undefined
}

/** What the declared schema makes of a value. Maps are synchronous, and so must be the schemas of their entries. */
function declared(schema: AttributeSchema | undefined, key: string, value: unknown): unknown {
  const definition = definitionOf(schema, key)
  if (definition === undefined) return value
  const result = definition.schema['~standard'].validate(value)
  if (result instanceof Promise)
    throw invalidOption(key, 'is declared with an asynchronous schema, which entries of web sessions cannot have')
  return fitting(result, key)
}

function encode(key: string, value: unknown): string {
  return requireFitting(key, encodeValue(key, value))
}

/** Whether a value can change while the session holds it. */
function isMutable(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function deadline(expiration: unknown, now: Millis): Millis | null | undefined {
  if (expiration === undefined || expiration === null) return expiration
  return now + requirePositive('expiration', expiration) * 1000
}
