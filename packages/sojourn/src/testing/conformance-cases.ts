// How do the promises of a suite become cases for any test runner?
import assert from 'node:assert/strict'
import { invalidOption } from '../engine/error.ts'

/** One case, for any test runner. */
export interface ConformanceCase {
  /** The chapter and what is promised, such as `expiry: moves the deadline either way`. */
  readonly name: string
  /** Why this store is not held to it; `undefined` for every case that has to pass. */
  readonly skipped: string | undefined
  /** Opens a store, tries it and closes it. Rejects with an `AssertionError` of `node:assert` when the promise is broken. */
  run(): Promise<void>
}

/** Cases that a store is not held to, by their names, and why. */
export interface ConformanceSkip {
  readonly reason: string
  readonly tests: readonly string[]
}

/** Chapters of promises, what each is tried on, and what else it is told. */
export interface ConformanceSuite<Subject, Traits> {
  readonly chapters: readonly {
    readonly name: string
    readonly cases: Readonly<Record<string, (subject: Subject, traits: Traits) => Promise<void>>>
  }[]
  readonly open: () => Promise<Subject>
  readonly traits: Traits
  readonly skip: readonly ConformanceSkip[]
}

/** What a case cannot do without. Where an opener does not give it, the case fails: a store that has no such thing skips it, and says why. */
export function needed<T>(given: T | undefined, name: string): T {
  assert.ok(
    given !== undefined,
    `this case needs \`${name}\`: let \`open\` give it, or name the case in \`skip\` with the reason`,
  )
  return given
}

/** The cases of a suite, each with a subject of its own that is closed afterwards. */
export function conformanceCases<Subject extends { close(): Promise<void> }, Traits>(
  suite: ConformanceSuite<Subject, Traits>,
): readonly ConformanceCase[] {
  const skipped = new Map(suite.skip.flatMap(({ reason, tests }) => tests.map((name) => [name, reason])))
  const cases = suite.chapters.flatMap((chapter) =>
    Object.entries(chapter.cases).map(([promise, attempt]) => {
      const name = `${chapter.name}: ${promise}`
      return {
        name,
        skipped: skipped.get(name),
        async run() {
          const subject = await suite.open()
          try {
            await attempt(subject, suite.traits)
          } finally {
            await subject.close()
          }
        },
      }
    }),
  )
  for (const name of skipped.keys()) {
    if (!cases.some((each) => each.name === name)) throw invalidOption('skip', `names no case: ${name}`)
  }
  return cases
}
