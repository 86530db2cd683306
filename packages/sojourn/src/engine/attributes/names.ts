// What may an attribute be called, and how large may it be?
import { invalidOption, SojournError } from '../error.ts'
import type { AttributeLimits } from '../store.ts'

/** The longest name. Unit: characters (code points). */
export const MOST_NAME_CHARACTERS = 191

/** The largest value. Unit: bytes of its encoded text in UTF-8. */
const MOST_VALUE_BYTES = 262_144

/** What a session, or a user, may hold. */
export const ATTRIBUTE_LIMITS: AttributeLimits = { attributes: 2000, bytes: 1_048_576 }

/** A name that users may give. Names that begin with `$` are reserved. */
export function requireName(name: unknown, field = 'name'): string {
  if (typeof name !== 'string') throw invalidOption(field, 'must be text')
  if (name === '') throw invalidOption(field, 'must not be empty')
  if (name.length > MOST_NAME_CHARACTERS && [...name].length > MOST_NAME_CHARACTERS) {
    throw invalidOption(field, `must have at most ${MOST_NAME_CHARACTERS} characters`)
  }
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) throw invalidOption(field, 'must not contain control characters')
  if (!name.isWellFormed()) throw invalidOption(field, 'must be well-formed Unicode')
  if (isReserved(name)) throw invalidOption(field, 'must not begin with `$`, which is reserved')
  return name
}

/** Names of one call: each as {@link requireName}, none twice. */
export function requireNames(names: unknown, field = 'names'): readonly string[] {
  const list = requireList(field, names).map((name, at) => requireName(name, `${field}[${at}]`))
  refuseDuplicates(list)
  return list
}

/** A list of one bulk call. */
export function requireList(field: string, list: unknown): readonly unknown[] {
  if (!Array.isArray(list)) throw invalidOption(field, 'must be a list')
  return list
}

/** One call must not name an attribute twice. */
export function refuseDuplicates(names: readonly string[]): void {
  if (names.length < 2) return
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) throw invalidOption('name', `\`${name}\` is given twice in one call`, { names: [name] })
    seen.add(name)
  }
}

export function isReserved(name: string): boolean {
  return name.startsWith('$')
}

/** @throws {SojournError} `ERR_VALUE_TOO_LARGE` */
export function requireFitting(name: string, text: string): string {
  if (text.length * 3 > MOST_VALUE_BYTES && Buffer.byteLength(text) > MOST_VALUE_BYTES) {
    throw new SojournError('ERR_VALUE_TOO_LARGE', `The value of \`${name}\` is larger than ${MOST_VALUE_BYTES / 1024} KiB.`, {
      names: [name],
    })
  }
  return text
}
