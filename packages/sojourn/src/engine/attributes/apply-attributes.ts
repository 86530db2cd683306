// What do changes of attributes come to, and which of them are refused?
//
// The meaning of `AttributeChange` and `AttributeLimits`, in one pure function, for stores that change attributes in this process.
import type { AttributeChange, AttributeConflict, AttributeLimits, Outcome, StoredAttribute, Want } from '../store.ts'
import type { Millis } from '../time.ts'

/** Everything that one session (or user) has noted. */
export interface AttributeSet {
  /** Expired ones may be among them. */
  readonly attributes: ReadonlyMap<string, StoredAttribute>
  /** How often attributes were written; the source of their revisions. */
  readonly writes: number
}

/** What changes came to: the attributes as they are now, or why nothing changed. */
export type AppliedAttributes =
  | (AttributeSet & { readonly outcome: 'done'; readonly added: ReadonlyMap<string, number> })
  | Extract<Outcome, { readonly outcome: 'conflict' | 'full' }>

/** None at all. */
export const NO_ATTRIBUTES: ReadonlyMap<string, StoredAttribute> = new Map()

const NOTHING_ADDED: ReadonlyMap<string, number> = new Map()

/** Whether an attribute is there for anybody. */
function isPresent(attribute: StoredAttribute, now: Millis): boolean {
  return attribute.expiresAt === null || attribute.expiresAt > now
}

/** Those attributes that are present at an instant; the map itself where all are. */
export function presentAttributes(
  attributes: ReadonlyMap<string, StoredAttribute>,
  now: Millis,
): ReadonlyMap<string, StoredAttribute> {
  for (const attribute of attributes.values()) {
    if (!isPresent(attribute, now)) return new Map([...attributes].filter(([, each]) => isPresent(each, now)))
  }
  return attributes
}

/** Those attributes that are asked for and present at an instant. */
export function wantedAttributes(
  attributes: ReadonlyMap<string, StoredAttribute>,
  want: Want,
  now: Millis,
): ReadonlyMap<string, StoredAttribute> {
  if (want === 'header') return NO_ATTRIBUTES
  if (want === 'all') return presentAttributes(attributes, now)
  const wanted = new Map<string, StoredAttribute>()
  for (const name of want) {
    const attribute = attributes.get(name)
    if (attribute !== undefined && isPresent(attribute, now)) wanted.set(name, attribute)
  }
  return wanted
}

/** Whether who has some attributes has those that are asked for. */
export function covers(has: Want, want: Exclude<Want, 'header'>): boolean {
  if (has === 'all') return true
  return has !== 'header' && want !== 'all' && want.every((name) => has.includes(name))
}

/** Applies changes to attributes, all or none. The set that was given stays as it is. */
export function applyAttributes(
  set: AttributeSet,
  changes: readonly AttributeChange[],
  now: Millis,
  limits: AttributeLimits | undefined,
): AppliedAttributes {
  const before = presentAttributes(set.attributes, now)
  const after = new Map(before)
  let added: Map<string, number> | undefined
  const conflicts: AttributeConflict[] = []
  let written = false
  for (const change of changes) {
    const present = before.get(change.name)
    const reason = conflictOf(change, present)
    if (reason !== undefined) {
      conflicts.push({ name: change.name, reason })
      continue
    }
    if (present === undefined && (change.value === null || (change.value === undefined && change.add === undefined))) continue
    written = true
    if (change.value === null) {
      after.delete(change.name)
      continue
    }
    const sum = change.add === undefined ? undefined : (numberOf(present) ?? 0) + change.add
    if (sum !== undefined) added = (added ?? new Map()).set(change.name, sum)
    after.set(change.name, {
      value: sum === undefined ? (change.value ?? present?.value ?? '') : String(sum),
      createdAt: present?.createdAt ?? now,
      modifiedAt: now,
      expiresAt: change.expiresAt === undefined ? (present?.expiresAt ?? null) : change.expiresAt,
      revision: set.writes + 1,
    })
  }
  if (conflicts.length > 0) return { outcome: 'conflict', conflicts }
  const limit = limits === undefined ? undefined : exceeded(before, after, limits)
  if (limit !== undefined) return { outcome: 'full', limit }
  return { outcome: 'done', attributes: after, writes: set.writes + (written ? 1 : 0), added: added ?? NOTHING_ADDED }
}

function conflictOf(change: AttributeChange, present: StoredAttribute | undefined): AttributeConflict['reason'] | undefined {
  if (change.when === 'absent' && present !== undefined) return 'exists'
  if (change.when === 'present' && present === undefined) return 'absent'
  if (change.revision !== undefined && change.revision !== (present?.revision ?? 0)) return 'revision'
  if (present !== undefined && typeof present.value !== 'string') {
    if (change.add !== undefined) return 'sealed'
    if (typeof change.value === 'string' && change.unseal !== true) return 'sealed'
  }
  if (change.add !== undefined) {
    const number = numberOf(present)
    if (number === undefined || !Number.isSafeInteger(number + change.add)) return 'not-a-number'
  }
  return undefined
}

/** The number that an attribute holds, 0 for none, `undefined` where it holds something else. */
function numberOf(present: StoredAttribute | undefined): number | undefined {
  if (present === undefined) return 0
  if (typeof present.value !== 'string' || !/^(?:0|-?[1-9][0-9]*)$/.test(present.value)) return undefined
  const number = Number(present.value)
  return Number.isSafeInteger(number) ? number : undefined
}

function exceeded(
  before: ReadonlyMap<string, StoredAttribute>,
  after: ReadonlyMap<string, StoredAttribute>,
  limits: AttributeLimits,
): keyof AttributeLimits | undefined {
  if (after.size > limits.attributes && after.size > before.size) return 'attributes'
  if (MOST_BYTES * lengthOf(after) <= limits.bytes) return undefined
  const bytes = bytesOf(after)
  return bytes > limits.bytes && bytes > bytesOf(before) ? 'bytes' : undefined
}

/** How many bytes a unit of a string's length takes at most: of four bytes are only characters of two units. */
const MOST_BYTES = 3

/** A length that is quickly told. */
function lengthOf(attributes: ReadonlyMap<string, StoredAttribute>): number {
  let length = 0
  for (const [name, { value }] of attributes) length += name.length + value.length
  return length
}

/** How much room attributes take against `AttributeLimits.bytes`. */
function bytesOf(attributes: ReadonlyMap<string, StoredAttribute>): number {
  let bytes = 0
  for (const [name, { value }] of attributes) bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
  return bytes
}
