// Does a list go on from a cursor: was that made for such a list?
//
// What a store did not make is refused. Taken for a place it would begin a list anew, or end it early, and nobody would notice.
import { invalidOption, type SojournError } from './error.ts'
import { isSessionId } from './id.ts'
import type { Cursor, SessionId } from './store.ts'

/** A place in a list whose items are counted. */
export function numberOfCursor(cursor: Cursor): number {
  if (!/^\d{1,15}$/.test(cursor)) throw foreign()
  return Number(cursor)
}

/** A place in a list that goes by the ids of sessions. */
export function idOfCursor(cursor: Cursor): SessionId {
  if (!isSessionId(cursor)) throw foreign()
  return cursor
}

/** The cursor of a list that goes by texts. */
export function cursorOfTexts(texts: readonly string[]): Cursor {
  return JSON.stringify(texts)
}

/** A place in a list that goes by so many texts. */
export function textsOfCursor(cursor: Cursor, count: number): readonly string[] {
  const texts = listIn(cursor).filter((each) => typeof each === 'string')
  if (texts.length !== count || cursorOfTexts(texts) !== cursor) throw foreign()
  return texts
}

function listIn(json: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) ? value : []
  } catch {
    throw foreign()
  }
}

function foreign(): SojournError {
  return invalidOption('after', 'must be the `next` of a page of this list')
}
