// How does a command end before it is done?

/** The command line, the environment or the settings file is wrong. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A command cannot do what it was asked for. Exit code 16. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  /** What to do about it; `null` where the message says it. */
  readonly fix: string | null

  constructor(message: string, { fix = null, cause }: { readonly fix?: string | null; readonly cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.fix = fix
  }
}

/** What a command should make is there already. Exit code 20. */
export class AlreadyThere extends Error {
  override readonly name = 'AlreadyThere'
}

/** A command has said everything, and what it said was not good. */
export class Finished extends Error {
  override readonly name = 'Finished'
  readonly exitCode: number

  constructor(exitCode: number) {
    super('finished')
    this.exitCode = exitCode
  }
}
