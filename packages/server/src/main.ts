// Which commands does `sojourn` know?
import { Command } from 'commander'
import { explain } from './command-line/exit.ts'
import { newRun } from './command-line/run.ts'
import { outliveReaders, type Terminal } from './command-line/terminal.ts'
import { addDoctor } from './commands/doctor.ts'
import { addKeys } from './commands/keys.ts'
import { addServe } from './commands/serve.ts'
import { addSession } from './commands/session.ts'
import { addStore } from './commands/store.ts'
import { addSweep } from './commands/sweep.ts'
import { addUser } from './commands/user.ts'
import { VERSION } from './version.ts'
import { withoutTokens } from './without-tokens.ts'

/** Runs one command. Answers its exit code: 0 done, 2 usage, 16 failed, 20 exists, 21 password refused, 22 no such user. */
export async function main(args: readonly string[], terminal: Terminal = process): Promise<number> {
  const run = newRun(terminal)
  outliveReaders(terminal)
  const json = args.includes('--json')
  const program = new Command('sojourn')
    .description('Sessions and single sign-on: the server, and commands that work on its database.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      // What was typed is quoted here, and may be a token that was put in the wrong place.
      writeErr: (text) => void (json || terminal.stderr.write(withoutTokens(text))),
    })
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 2 usage, 16 failed, 20 exists, 21 password refused, 22 no such user.\n\nExample:\n  $ sojourn serve --db sqlite:sojourn.db --port 8080',
    )
  addServe(program, run)
  addUser(program, run)
  addSession(program, run)
  addSweep(program, run)
  addStore(program, run)
  addKeys(program, run)
  addDoctor(program, run)
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    return explain(error, run, json)
  }
}
