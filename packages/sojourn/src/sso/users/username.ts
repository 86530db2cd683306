// What may a user be called, and when are two names the same?
import { GUEST } from '../../engine/check.ts'
import { ValidationError } from '../access/validation-error.ts'

/** The longest name that any setting allows. Unit: characters (code points). */
export const MOST_USERNAME_CHARACTERS = 128

/** One pass of compatibility form and case folding, character by character so that no letter depends on its place in a word. */
function fold(text: string): string {
  return [...text.normalize('NFKC').toUpperCase()]
    .map((character) => character.toLowerCase())
    .join('')
    .normalize('NFKC')
}

/**
 * What look-ups and uniqueness go by: names that differ in case or in compatible forms of the same characters are the same name.
 *
 * @see Unicode Standard, section 5.18 (caseless matching) and Annex 15 (NFKC)
 */
export function usernameKey(username: string): string {
  return fold(fold(username))
}

/** Control characters, and whatever else leaves no mark, letters and accents among them: two names that look the same would be two. */
const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}]/u

function refused(subStatus: string, reason: string): ValidationError {
  return new ValidationError('ERR_OPTION_INVALID', `\`username\` ${reason}.`, {
    subStatus: [subStatus],
    errors: [{ field: 'username', reason }],
  })
}

/**
 * A name that a user may have, and its key. The one rule for every way in which a name is given.
 *
 * @param longest unit: characters (code points).
 * @throws {ValidationError} `ERR_OPTION_INVALID` with E001001 (empty, control or invisible characters, reserved), E001003 (too long) or E001004
 * (whitespace).
 */
export function requireUsername(username: unknown, longest: number): { readonly username: string; readonly usernameKey: string } {
  if (typeof username !== 'string' || username === '') throw refused('E001001', 'must be text that is not empty')
  if (username.length > longest * 2 || [...username].length > longest) {
    throw refused('E001003', `must have at most ${longest} characters`)
  }
  if (/[\s\p{Z}]/u.test(username)) throw refused('E001004', 'must not contain whitespace')
  if (INVISIBLE.test(username)) throw refused('E001001', 'must not contain control or invisible characters')
  const key = usernameKey(username)
  if (/[\s\p{Z}\p{C}]/u.test(key)) throw refused('E001004', 'must not contain whitespace in any form')
  if (key === '' || key === GUEST) throw refused('E001001', 'is reserved')
  if ([...key].length > longest) throw refused('E001003', `must have at most ${longest} characters in its plain form`)
  return { username, usernameKey: key }
}
