// How does plain JSON become the rich value it stands for?
import { put, startWalk, type Walk } from './wire-walk.ts'

/**
 * Turns plain JSON, trusted or not, back into the value that `toWire` made it from.
 *
 * @param root how the value is called in errors.
 * @throws {SojournError} `ERR_VALUE_UNSUPPORTED` naming the path; `ERR_VALUE_TOO_LARGE`
 */
export function fromWire(wire: unknown, root = 'value'): unknown {
  return decode(wire, startWalk(root))
}

function decode(wire: unknown, walk: Walk): unknown {
  walk.count()
  if (wire === null || typeof wire === 'string' || typeof wire === 'boolean') return wire
  if (typeof wire === 'number') {
    if (!Number.isFinite(wire)) throw walk.unsupported('is too large a number')
    return wire
  }
  if (Array.isArray(wire)) return decodeItems(wire, walk)
  if (typeof wire !== 'object') throw walk.unsupported('is not JSON')
  if (Object.hasOwn(wire, '$type')) return decodeTyped(wire, walk)
  const record: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(wire)) {
    if (/^\$(?!\$)/.test(key)) throw walk.unsupported('has a key that begins with one `$` (two stand for one)')
    const value = walk.into(key, () => decode(inner, walk))
    put(record, key.startsWith('$') ? key.slice(1) : key, value)
  }
  return record
}

function decodeItems(items: readonly unknown[], walk: Walk): unknown[] {
  return items.map((item, at) => walk.into(at, () => decode(item, walk)))
}

function decodeTyped(wire: object, walk: Walk): unknown {
  const { $type: type, value, ...more }: { $type?: unknown; value?: unknown } = wire
  if (Object.keys(more).length > 0 || typeof type !== 'string') throw walk.unsupported('must be a `$type` and a `value`, no more')
  const text = typeof value === 'string' ? value : undefined
  const found = text === undefined ? decodeCollection(type, value, walk) : decodeText(type, text)
  if (found === undefined) throw walk.unsupported('is not what its `$type` says, or that is not known')
  return found
}

function decodeCollection(type: string, value: unknown, walk: Walk): unknown {
  if (!Array.isArray(value)) return undefined
  if (type === 'Set') return new Set(decodeItems(value, walk))
  if (type !== 'Map') return undefined
  const pairs = value.map((pair: unknown, at) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw walk.unsupported('must be a list of pairs')
    const [key, inner] = walk.into(at, () => decodeItems(pair, walk))
    return [key, inner] as const
  })
  return new Map(pairs)
}

function decodeText(type: string, text: string): unknown {
  switch (type) {
    case 'Date': {
      const date = /^([+-]\d{6}|\d{4})-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/.test(text) ? new Date(text) : undefined
      return date === undefined || Number.isNaN(date.getTime()) ? undefined : date
    }
    case 'bigint':
      return /^(0|-?[1-9]\d*)$/.test(text) ? BigInt(text) : undefined
    case 'number':
      return text === '-0' ? -0 : undefined
    case 'URL':
      return URL.parse(text) ?? undefined
    case 'Uint8Array': {
      const bytes = Buffer.from(text, 'base64url')
      return bytes.toString('base64url') === text ? Uint8Array.from(bytes) : undefined
    }
    default:
      return undefined
  }
}
