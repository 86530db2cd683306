// How are the fields of a call read, once, at its edge?

import { hasNames } from '../engine/check.ts'
import { invalidOption } from '../engine/error.ts'
import { isSessionId } from '../engine/id.ts'
import type { SessionId } from '../engine/store.ts'

/** Reads one field of a call: what it is, or an `ERR_OPTION_INVALID` that names it. */
export type Field<T> = (value: unknown, name: string) => T

/** The fields that a call has beside the context. */
export type Fields = Readonly<Record<string, Field<unknown>>>

/** What the fields of a call come to. */
export type ArgumentsOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/** The longest text that any field may hold. Unit: UTF-16 code units. */
const MOST_TEXT = 4096

function asText(value: unknown, name: string): string {
  if (typeof value !== 'string') throw invalidOption(name, 'must be text')
  if (value.length > MOST_TEXT) throw invalidOption(name, `must have at most ${MOST_TEXT} characters`)
  return value
}

/** Text, or `undefined`. */
export const optionalText: Field<string | undefined> = (value, name) => (value === undefined ? undefined : asText(value, name))

/** Text that must be there. */
export const text: Field<string> = (value, name) => {
  if (value === undefined) throw invalidOption(name, 'is missing')
  return asText(value, name)
}

/** Text that must be there and not be empty. */
export const filledText: Field<string> = (value, name) => {
  const found = text(value, name)
  if (found === '') throw invalidOption(name, 'must not be empty')
  return found
}

/** The longest password that is looked at; what is acceptable is the policy's question. Unit: UTF-16 code units. */
const MOST_PASSWORD = 65_536

/** A password, or `undefined`. */
export const optionalPassword: Field<string | undefined> = (value, name) => {
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw invalidOption(name, 'must be text')
  if (value.length > MOST_PASSWORD) throw invalidOption(name, `must have at most ${MOST_PASSWORD} characters`)
  return value
}

/** A password that must be there. */
export const password: Field<string> = (value, name) => {
  const found = optionalPassword(value, name)
  if (found === undefined) throw invalidOption(name, 'is missing')
  return found
}

/** Text with a default. */
export const textOr =
  (usual: string): Field<string> =>
  (value, name) =>
    value === undefined ? usual : asText(value, name)

/** True or false, with a default. */
export const flag =
  (usual: boolean): Field<boolean> =>
  (value, name) => {
    if (value === undefined) return usual
    if (typeof value !== 'boolean') throw invalidOption(name, 'must be true or false')
    return value
  }

/** True, false, or `undefined`. `null` is no answer either. */
export const optionalFlag: Field<boolean | undefined> = (value, name) => {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'boolean') throw invalidOption(name, 'must be true or false')
  return value
}

/** A positive number of seconds, `null` for ever, or `undefined`. */
export const optionalSeconds: Field<number | null | undefined> = (value, name) => {
  if (value === undefined || value === null) return value
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw invalidOption(name, 'must be a positive finite number of seconds, or null for ever')
  }
  return value
}

/** The public id of a session, or `undefined`. */
export const optionalSessionId: Field<SessionId | undefined> = (value, name) => {
  if (value === undefined) return undefined
  if (!isSessionId(value)) throw invalidOption(name, 'must be the id of a session')
  return value
}

/** A function, or `undefined`. */
export function optionalFunction<T extends (...given: never[]) => unknown>(): Field<T | undefined> {
  return (value, name) => {
    if (value !== undefined && typeof value !== 'function') throw invalidOption(name, 'must be a function')
    // What it takes and answers only a call can show.
    return value as T | undefined
  }
}

/** Any value, read by whoever uses it. */
export const anything: Field<unknown> = (value) => value

/** One of some words. */
export function oneOf<const T extends string>(words: readonly T[], usual: T): Field<T> {
  return (value, name) => {
    if (value === undefined) return usual
    const found = words.find((word) => word === value)
    if (found === undefined) throw invalidOption(name, `must be one of ${words.join(', ')}`)
    return found
  }
}

/** An object that holds none but these names. */
export function requireKnown(what: string, input: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (!hasNames(input)) throw invalidOption(what, 'must be an object')
  const unknown = Object.keys(input).find((name) => !known.includes(name))
  if (unknown !== undefined) throw invalidOption(unknown, `is not known here; known are ${known.join(', ')}`)
  return { ...input }
}

/** Reads some fields of an object. */
export function pick<F extends Fields>(given: Readonly<Record<string, unknown>>, fields: F): ArgumentsOf<F> {
  const read = Object.entries(fields).map(([name, field]) => [name, field(given[name], name)])
  // Each name of `fields` was read by its own reader just now.
  return Object.fromEntries(read) as ArgumentsOf<F>
}

/** Reads an object that holds these fields and no others. */
export function readFields<F extends Fields>(what: string, input: unknown, fields: F): ArgumentsOf<F> {
  return pick(requireKnown(what, input, Object.keys(fields)), fields)
}
