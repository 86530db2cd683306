// Which forms must the texts in paths and queries have, for the schemas and in words?

/** A form of text. */
interface TextForm {
  /** As JSON Schema has it. */
  readonly pattern: string
  /** `must be ...` */
  readonly words: string
}

/** The public id of a session. */
export const SESSION_ID: TextForm = { pattern: '^[A-Za-z0-9_-]{24}$', words: 'the id of a session: 24 letters, digits, - or _' }

/** How many items a page may hold, at most. */
export const PAGE_LIMIT: TextForm = { pattern: '^([1-9]\\d{0,2}|1000)$', words: 'a whole number from 1 to 1000' }

/** Where the next page begins. What exactly it says is for the store to judge. */
export const CURSOR: TextForm = { pattern: '^[A-Za-z0-9_-]{1,128}$', words: 'the `next` of a page' }

/** All of them. */
export const TEXT_FORMS: readonly TextForm[] = [SESSION_ID, PAGE_LIMIT, CURSOR]
