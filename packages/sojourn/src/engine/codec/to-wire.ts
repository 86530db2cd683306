// How does a rich value become plain JSON?
//
// JSON is taken as it is. What JSON lacks is `{ "$type": "Date", "value": ... }`; own keys that begin with `$` get a second `$`, so that
// nobody's data is taken for ours. The same form is stored and sent; `from-wire.ts` is the way back.
import { type Json, put, startWalk, type Walk } from './wire-walk.ts'

/**
 * Turns a value into plain JSON.
 *
 * @param root how the value is called in errors.
 * @throws {SojournError} `ERR_VALUE_UNSUPPORTED` naming the path; `ERR_VALUE_TOO_LARGE`
 */
export function toWire(value: unknown, root = 'value'): Json {
  // Most values are one text, number or truth: there is nothing to walk through.
  if (isScalar(value)) return value
  return encode(value, startWalk(root), new Set())
}

/** Whether a value is JSON as it is, and has no parts. */
function isScalar(value: unknown): value is string | number | boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  return typeof value === 'string' || typeof value === 'boolean'
}

function encode(value: unknown, walk: Walk, above: Set<object>): Json {
  walk.count()
  if (isScalar(value)) return value
  switch (typeof value) {
    case 'number':
      if (Number.isNaN(value)) throw walk.unsupported('is NaN')
      if (!Number.isFinite(value)) throw walk.unsupported('is infinite')
      return { $type: 'number', value: '-0' }
    case 'bigint':
      return { $type: 'bigint', value: value.toString() }
    case 'undefined':
      throw walk.unsupported('is undefined')
    case 'object':
      return value === null ? null : encodeObject(value, walk, above)
    default:
      throw walk.unsupported(`is a ${typeof value}`)
  }
}

function encodeObject(value: object, walk: Walk, above: Set<object>): Json {
  if (above.has(value)) throw walk.unsupported('contains itself')
  above.add(value)
  const wire = encodeByKind(value, walk, above)
  above.delete(value)
  return wire
}

function encodeByKind(value: object, walk: Walk, above: Set<object>): Json {
  const prototype: unknown = Object.getPrototypeOf(value)
  const items = (list: readonly unknown[]) => list.map((item, at) => walk.into(at, () => encode(item, walk, above)))
  if (Array.isArray(value) && prototype === Array.prototype) {
    if (Object.keys(value).length !== value.length) throw walk.unsupported('is an array with holes or with names of its own')
    return items(value)
  }
  if (Object.getOwnPropertySymbols(value).length > 0) throw walk.unsupported('has symbols as keys')
  if (prototype === Object.prototype || prototype === null) return encodeRecord(value, walk, above)
  if (isReal(value, Uint8Array, (it) => it.buffer)) {
    return { $type: 'Uint8Array', value: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64url') }
  }
  if (Buffer.isBuffer(value)) throw walk.unsupported('is a Buffer and would come back as a Uint8Array')
  if (Object.keys(value).length > 0) throw walk.unsupported('is an instance of a class')
  if (isReal(value, Map, (it) => it.size)) {
    return { $type: 'Map', value: [...value].map((pair, at) => walk.into(at, () => items(pair))) }
  }
  if (isReal(value, Set, (it) => it.size)) return { $type: 'Set', value: items([...value]) }
  if (isReal(value, URL, (it) => it.href)) return { $type: 'URL', value: value.href }
  if (isReal(value, Date, (it) => it.getTime())) {
    if (Number.isNaN(value.getTime())) throw walk.unsupported('is an invalid Date')
    return { $type: 'Date', value: value.toISOString() }
  }
  throw walk.unsupported('is an instance of a class')
}

/** Whether an object is of a kind and what its prototype says: one that only inherits from it, or stands in front of it, has nothing that can be read. */
function isReal<T>(value: object, kind: { readonly prototype: T }, read: (value: T) => unknown): value is T & object {
  if (Object.getPrototypeOf(value) !== kind.prototype) return false
  try {
    read(value as T)
    return true
  } catch {
    return false
  }
}

function encodeRecord(value: object, walk: Walk, above: Set<object>): Json {
  const record: Record<string, Json> = {}
  for (const [key, inner] of Object.entries(value)) {
    const wire = walk.into(key, () => encode(inner, walk, above))
    put(record, key.startsWith('$') ? `$${key}` : key, wire)
  }
  return record
}
