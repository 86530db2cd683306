// What do all commands have in common?
import type { Command, OptionValues } from 'commander'
import { type Opened, openSojourn } from '../open.ts'
import { requireSessionsPlace } from '../sessions-place.ts'
import { readSettings } from '../settings/settings.ts'
import type { Settings } from '../settings/settings-table.ts'
import type { Run } from './run.ts'
import { say } from './terminal.ts'
import { Finished } from './usage.ts'

/** What a command has to say: to people, and to programs (`--json`). */
export interface Result {
  readonly text: string
  readonly data: unknown
  /** Default: 0. */
  readonly exitCode?: number
}

/** A command as its group describes it. */
export interface CommandSpec {
  /** Its name and arguments, such as `lock <username>`. */
  readonly name: string
  readonly summary: string
  /** A line that works. */
  readonly example: string
  /** `own`: its options name its databases, instead of those that all commands share. */
  readonly database?: 'own'
  /** `needed`: it works on sessions, or ends some, so that it has to know where the server keeps them. */
  readonly sessions?: 'needed'
  /** Its own options: flags and what they do. */
  readonly options?: readonly (readonly [flags: string, summary: string])[]
}

/** What a command was called with. */
export interface Call extends Run {
  readonly args: readonly string[]
  readonly options: OptionValues
  readonly settings: Settings
}

/** The options of commands that work with one database. */
const DATABASE_OPTIONS: CommandSpec['options'] & {} = [
  ['--db <url>', 'where everything is kept: sqlite:PATH, postgres://..., memory: (default: sqlite:sojourn.db)'],
  [
    '--sessions <url>',
    'where sessions are kept instead, which every command has to know: redis://..., redis+cluster://..., redis+sentinel://...',
  ],
  ['--keys-file <file>', 'the server key ring (default: the database file with .keys)'],
  ['--config <file>', 'a file of settings, as JSON'],
]

/** Adds a command. Its result is printed as text, or as JSON with `--json`. */
export function addCommand(group: Command, run: Run, spec: CommandSpec, work: (call: Call) => Promise<Result>): Command {
  const command = group
    .command(spec.name)
    .description(spec.summary)
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExample:\n  $ ${spec.example}`)
  const options = [...(spec.database === 'own' ? [] : DATABASE_OPTIONS), ...(spec.options ?? [])]
  for (const [flags, summary] of options) command.option(flags, summary)
  return command.action(async () => {
    const options = command.opts()
    const settings = readSettings({ flags: options, env: run.terminal.env, file: options['config'] })
    const { text, data, exitCode = 0 } = await work({ args: command.args, options, settings, ...run })
    const shown = options['json'] === true ? JSON.stringify(data) : text
    if (shown !== '') await say(run.terminal, `${shown}\n`)
    if (exitCode !== 0) throw new Finished(exitCode)
  })
}

/** Adds a command that works on the database. */
export function addStoreCommand(
  group: Command,
  run: Run,
  spec: CommandSpec & { readonly mode?: 'make' | 'existing' },
  work: (opened: Opened, call: Call) => Promise<Result>,
): void {
  addCommand(group, run, spec, async (call) => {
    await using opened = await openSojourn({ ...call.settings, sweepInterval: 0 }, spec.mode ?? 'existing', call.caller)
    if (spec.sessions === 'needed') await requireSessionsPlace(opened.directory, call.settings)
    return await work(opened, call)
  })
}

/** A group of commands, such as `sojourn user`, with a line that works. */
export function addGroup(program: Command, name: string, summary: string, example: string): Command {
  return program.command(name).description(summary).addHelpText('after', `\nExample:\n  $ ${example}`)
}

/** Rows as columns of text. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
