// How do text, bytes and numbers travel to PostgreSQL and back unharmed?
//
// PostgreSQL's text holds neither NUL nor half a surrogate pair. Either is escaped as U+0001 and four hexadecimal digits, and so
// is U+0001 itself; everything else stays as it is. (An escaped character counts five bytes against a limit.)
import { SojournError } from '../../engine/error.ts'

/** What text may not hold, and the mark of an escape. */
const UNSTORABLE = /[\0\u0001\p{Surrogate}]/gu

/** Text in a form that PostgreSQL keeps. */
export function storable(text: string): string {
  return text.replace(UNSTORABLE, (unit) => `\u0001${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The text that {@link storable} was given. */
export function restored(text: string): string {
  if (!text.includes('\u0001')) return text
  return text.replace(/\u0001([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

/** Bytes as base64. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** The bytes that base64 stands for, in memory of their own. */
export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function corrupt(expected: string): SojournError {
  return new SojournError('ERR_STORE_CORRUPT', `PostgreSQL answered something else where ${expected} is kept.`)
}

/** A column that holds text, as it was stored. */
export function text(value: unknown): string {
  if (typeof value !== 'string') throw corrupt('text')
  return restored(value)
}

/** A column or field that holds a whole number; 64-bit ones arrive as text. */
export function number(value: unknown): number {
  const found = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value
  if (typeof found !== 'number' || !Number.isSafeInteger(found)) throw corrupt('a number')
  return found
}

/** A column that is 1 for true and 0 for false, however the application has its client read whole numbers. */
export function bit(value: unknown): boolean {
  return number(value) === 1
}

/** A field that holds true or false. */
export function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw corrupt('true or false')
  return value
}

/** A field of one of a few words. */
export function oneOf<Word extends string>(words: readonly Word[]): (value: unknown) => Word {
  return (value) => {
    const found = words.find((word) => word === value)
    if (found === undefined) throw corrupt(`one of ${words.join(', ')}`)
    return found
  }
}

/** What is read by `read`, or `null`. */
export function orNull<T>(read: (value: unknown) => T): (value: unknown) => T | null {
  return (value) => (value === null ? null : read(value))
}

/** A list read item by item. */
export function listOf<T>(read: (value: unknown) => T): (value: unknown) => readonly T[] {
  return (value) => {
    if (!Array.isArray(value)) throw corrupt('a list')
    return value.map((item: unknown) => read(item))
  }
}

/** A column that holds JSON text. */
export function json(value: unknown): unknown {
  if (typeof value !== 'string') throw corrupt('JSON')
  return JSON.parse(value)
}

/** The fields of an object. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw corrupt('an object')
  return Object.fromEntries(Object.entries(value))
}

/** A column that holds bytes, as base64. */
export function bytes(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw corrupt('bytes')
  return bytesOf(value)
}
