// How is an attribute written into the one `jsonb` cell of its session or user?
//
// As one string under its name: a mark, `=` for plain text or `#` for sealed bytes in base64; then when it was created, modified and
// expires, in milliseconds since a base (the creation of the session; 0 for a user), and its revision, divided by dots; then `:` and
// the value. `=0.0..1:"blue"` takes half the room of an object with five fields. The functions of the schema read and write the same.
import { SojournError } from '../../engine/error.ts'
import type { AttributeChange, AttributeConflict, AttributeLimits, Outcome, StoredAttribute } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import { base64, bytesOf, fields, json, listOf, number, oneOf, restored, storable, text } from './postgres-text.ts'

const CELL = /^([=#])(-?\d+)\.(-?\d+)\.(-?\d*)\.(\d+):/

function cellOf({ value, createdAt, modifiedAt, expiresAt, revision }: StoredAttribute, base: Millis): string {
  const times = `${createdAt - base}.${modifiedAt - base}.${expiresAt === null ? '' : expiresAt - base}.${revision}`
  return typeof value === 'string' ? `=${times}:${storable(value)}` : `#${times}:${base64(value)}`
}

function attributeOf(cell: unknown, base: Millis): StoredAttribute {
  const [head, mark, createdAt, modifiedAt, expiresAt, revision] = (typeof cell === 'string' ? CELL.exec(cell) : null) ?? []
  if (typeof cell !== 'string' || head === undefined)
    throw new SojournError('ERR_STORE_CORRUPT', 'PostgreSQL answered something else where an attribute is kept.')
  const value = cell.slice(head.length)
  return {
    value: mark === '=' ? restored(value) : bytesOf(value),
    createdAt: base + Number(createdAt),
    modifiedAt: base + Number(modifiedAt),
    expiresAt: expiresAt === '' ? null : base + Number(expiresAt),
    revision: Number(revision),
  }
}

/** The JSON text that goes into the column. */
export function writeAttributes(attributes: ReadonlyMap<string, StoredAttribute>, base: Millis): string {
  return JSON.stringify(Object.fromEntries([...attributes].map(([name, each]) => [storable(name), cellOf(each, base)])))
}

/** The attributes that are present at an instant, from the column's JSON text (`null` for none). */
export function readAttributes(column: unknown, base: Millis, now: Millis): Map<string, StoredAttribute> {
  const found = new Map<string, StoredAttribute>()
  if (column === null) return found
  for (const [name, cell] of Object.entries(fields(json(column)))) {
    const attribute = attributeOf(cell, base)
    if (attribute.expiresAt === null || attribute.expiresAt > now) found.set(restored(name), attribute)
  }
  return found
}

/** Changes as the schema's function takes them: no more fields than are meant. */
export function changesOf(changes: readonly AttributeChange[]): readonly Readonly<Record<string, unknown>>[] {
  return changes.map(({ name, when, value, add, unseal, expiresAt, revision }) => ({
    name: storable(name),
    when,
    ...(add !== undefined ? { add } : {}),
    ...(typeof value === 'string' ? { text: storable(value) } : {}),
    ...(value instanceof Uint8Array ? { sealed: base64(value) } : {}),
    ...(value === null ? { remove: true } : {}),
    ...(unseal === true ? { unseal } : {}),
    ...(expiresAt !== undefined ? { expiresAt } : {}),
    ...(revision !== undefined ? { revision } : {}),
  }))
}

const reason = oneOf<AttributeConflict['reason']>(['exists', 'absent', 'revision', 'sealed', 'not-a-number'])
const limit = oneOf<keyof AttributeLimits>(['attributes', 'bytes'])

/** The outcome that a function of the schema answered, as JSON text. */
export function outcomeOf(column: unknown): Outcome {
  const answer = fields(json(column))
  switch (answer['outcome']) {
    case 'done': {
      const added = listOf(fields)(answer['added'] ?? [])
      return { outcome: 'done', added: new Map(added.map((each) => [text(each['name']), number(each['sum'])])) }
    }
    case 'conflict': {
      const conflicts = listOf(fields)(answer['conflicts'])
      return {
        outcome: 'conflict',
        conflicts: conflicts.map((each) => ({ name: text(each['name']), reason: reason(each['reason']) })),
      }
    }
    case 'full':
      return { outcome: 'full', limit: limit(answer['limit']) }
    default:
      return { outcome: oneOf(['missing', 'exists', 'superseded'])(answer['outcome']) }
  }
}
