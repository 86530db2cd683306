// Does a directory keep the promises of its contract?
import type { Directory } from '../sso/directory.ts'
import { type ConformanceCase, type ConformanceSkip, conformanceCases } from './conformance-cases.ts'
import { audit } from './directory/audit.ts'
import { closing } from './directory/closing.ts'
import type { DirectoryChapter, DirectoryUnderTest, OpenedDirectory } from './directory/directory-chapter.ts'
import { effects, installation } from './directory/effects.ts'
import { deletion, links, tokens } from './directory/owned.ts'
import { shared } from './directory/shared.ts'
import { uniqueness } from './directory/uniqueness.ts'
import { userAttributes } from './directory/user-attributes.ts'
import { users } from './directory/users.ts'

const CHAPTERS: readonly DirectoryChapter[] = [
  users,
  uniqueness,
  userAttributes,
  links,
  tokens,
  deletion,
  audit,
  effects,
  installation,
  shared,
  closing,
]

/** What {@link directoryConformance} tries. */
export interface DirectoryConformance<Shared extends boolean = true> {
  /** Opens an empty directory. Called once a case. */
  open(): Promise<DirectoryUnderTest<Shared>>
  /**
   * Whether others can open the same data, such as another process. Default: `true`; `open` then gives `another`. With `false`, what only
   * those promise is no case of the suite.
   */
  readonly shared?: Shared
  /** Cases that a directory is not held to, by their names, and why. */
  readonly skip?: readonly ConformanceSkip[]
}

/**
 * The conformance suite of directories as a list of cases.
 *
 * Effects are tried `later` on every directory, and `here` on those that keep the sessions too. No case sleeps. Run it under any
 * runner:
 *
 * ```ts
 * for (const { name, skipped, run } of directoryConformance({ open })) test(name, { skip: skipped !== undefined }, run)
 * ```
 *
 * @throws {SojournError} `ERR_OPTION_INVALID` when `skip` names a case that does not exist.
 */
export function directoryConformance<Shared extends boolean = true>(
  options: DirectoryConformance<Shared>,
): readonly ConformanceCase[] {
  const kind = { shared: options.shared }
  const open = async () => withPlainBytes(await options.open())
  return conformanceCases({ chapters: CHAPTERS, open, traits: undefined, kind, skip: options.skip ?? [] })
}

/** The same subject, which answers every `Buffer` as the `Uint8Array` it is, so that directories may answer either. */
function withPlainBytes(subject: OpenedDirectory): OpenedDirectory {
  const { another } = subject
  return {
    directory: answeringPlainBytes(subject.directory),
    another: another === undefined ? undefined : async () => answeringPlainBytes(await another()),
    close: () => subject.close(),
  }
}

function answeringPlainBytes(directory: Directory): Directory {
  return new Proxy<Directory>(
    { ...directory },
    {
      get(_, name) {
        const member: unknown = Reflect.get(directory, name)
        if (typeof member !== 'function') return member
        return async (...given: unknown[]) => plain(await Reflect.apply(member, directory, given))
      },
    },
  )
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.constructor === Uint8Array ? value : new Uint8Array(value)
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, plain(each)]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
}
