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

/** What an opener may give, and the option by which a kind of store says that there is no such thing. */
const OPTIONS = { another: 'shared', countRoundTrips: 'server', outage: 'outages' } as const

type Means = keyof typeof OPTIONS

/** What a kind of store is: all of it, unless it says `false`. */
export type Kind = { readonly [Name in Means as (typeof OPTIONS)[Name]]?: boolean | undefined }

/** Whatever is tried: it may have what some cases need, and is closed after each. */
type Tried = { readonly [Name in Means]?: unknown } & { close(): Promise<void> }

/** Tries a promise that every store makes. */
export type Attempt<Subject, Traits> = (subject: Subject, traits: Traits) => Promise<void>

/** Tries a promise that only those stores make of which an opener can give `needs`. */
export interface ConditionalCase<Subject, Traits> {
  readonly needs: Means
  readonly attempt: Attempt<Subject, Traits>
}

/** Cases by the promise they try. */
export type Cases<Subject, Traits> = Readonly<Record<string, Attempt<Subject, Traits> | ConditionalCase<Subject, Traits>>>

/** Chapters of promises, what each is tried on, and what else it is told. */
export interface ConformanceSuite<Subject, Traits> {
  readonly chapters: readonly { readonly name: string; readonly cases: Cases<Subject, Traits> }[]
  readonly open: () => Promise<Subject>
  readonly traits: Traits
  readonly kind: Kind
  readonly skip: readonly ConformanceSkip[]
}

/** A case that cannot do without what an opener may give. It is handed to the case, and fails it where it was promised and is not there. */
export function needing<Name extends Means, Subject extends Tried & { readonly [Each in Name]?: unknown }, Traits>(
  needs: Name,
  run: (subject: Subject, given: NonNullable<Subject[Name]>, traits: Traits) => Promise<void>,
): ConditionalCase<Subject, Traits> {
  return {
    needs,
    async attempt(subject, traits) {
      const given = subject[needs]
      if (given === undefined || given === null)
        assert.fail(`this case needs \`${needs}\`: let \`open\` give it, or say \`${OPTIONS[needs]}: false\` where there is none`)
      await run(subject, given, traits)
    },
  }
}

/** Requires of an opener to give nothing that the kind of store is said not to have: its cases would be missing without need. */
function assertNothingUntried(kind: Kind, subject: Tried): void {
  for (const name of ['another', 'countRoundTrips', 'outage'] as const) {
    const option = OPTIONS[name]
    assert.ok(
      kind[option] !== false || subject[name] === undefined,
      `\`open\` gives \`${name}\`, and \`${option}: false\` says that there is none`,
    )
  }
}

/** The cases of a suite that belong to this kind of store, each with a subject of its own that is closed afterwards. */
export function conformanceCases<Subject extends Tried, Traits>(
  suite: ConformanceSuite<Subject, Traits>,
): readonly ConformanceCase[] {
  const skipped = new Map(suite.skip.flatMap(({ reason, tests }) => tests.map((name) => [name, reason])))
  const cases = suite.chapters.flatMap((chapter) =>
    Object.entries(chapter.cases).flatMap(([promise, entry]) => {
      const { needs, attempt } = typeof entry === 'function' ? { needs: undefined, attempt: entry } : entry
      if (needs !== undefined && suite.kind[OPTIONS[needs]] === false) return []
      const name = `${chapter.name}: ${promise}`
      const made: ConformanceCase = {
        name,
        skipped: skipped.get(name),
        async run() {
          const subject = await suite.open()
          try {
            assertNothingUntried(suite.kind, subject)
            await attempt(subject, suite.traits)
          } finally {
            await subject.close()
          }
        },
      }
      return [made]
    }),
  )
  for (const name of skipped.keys()) {
    if (!cases.some((each) => each.name === name)) throw invalidOption('skip', `names no case of this suite: ${name}`)
  }
  return cases
}
