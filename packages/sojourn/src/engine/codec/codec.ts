// How does a value become the text that is stored, and come back?
import { SojournError } from '../error.ts'
import { fromWire } from './from-wire.ts'
import { toWire } from './to-wire.ts'

/**
 * The text of a value: JSON that is well-formed Unicode without NUL, whatever strings the value holds.
 *
 * @throws {SojournError} `ERR_VALUE_UNSUPPORTED` naming the path under `name`; `ERR_VALUE_TOO_LARGE`
 */
export function encodeValue(name: string, value: unknown): string {
  return JSON.stringify(toWire(value, name))
}

/**
 * The value of a stored text.
 *
 * @throws {SojournError} `ERR_STORE_CORRUPT`
 */
export function decodeValue(name: string, text: string): unknown {
  try {
    const wire: unknown = JSON.parse(text)
    return text.includes('"$') ? fromWire(wire, name) : wire
  } catch {
    throw new SojournError('ERR_STORE_CORRUPT', `The stored value of \`${name}\` cannot be read.`, { names: [name] })
  }
}
