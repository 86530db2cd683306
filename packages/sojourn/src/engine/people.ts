// What may the web face ask about users and one-time tokens, where there is a directory?
import type { Millis } from './time.ts'

/** What the directory does for the web face. Internal: reached by {@link peopleOf}, never exported from an entry. */
export interface People {
  /** A user as applications see them; `undefined` when there is none of that id. */
  load(userId: string): Promise<unknown>
  /** Keeps a token that works once. Of the token only its hash is known here. */
  keepToken(token: {
    readonly kind: string
    readonly hash: string
    readonly data: string | null
    readonly expiresAt: Millis
  }): Promise<void>
  /** Takes one: of any number of concurrent calls one is answered with it. */
  takeToken(kind: string, hash: string): Promise<{ readonly data: string | null } | undefined>
}

const directories = new WeakMap<object, People>()

/** Makes an object one whose directory {@link peopleOf} finds. */
export function registerPeople(face: object, people: People): void {
  directories.set(face, people)
}

/** The directory behind a `sso` object; `undefined` where there is none. */
export function peopleOf(face: object): People | undefined {
  return directories.get(face)
}
