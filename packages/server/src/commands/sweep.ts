// How is what is dead removed from the command line?
import type { Command } from 'commander'
import { addStoreCommand } from '../command-line/command.ts'
import type { Run } from '../command-line/run.ts'

/** How much is removed at a time, so that others get their turn. */
const BATCH = 1000

/** Adds `sojourn sweep`. */
export function addSweep(program: Command, run: Run): void {
  addStoreCommand(
    program,
    run,
    {
      name: 'sweep',
      summary: 'Remove dead sessions and expired one-time tokens.',
      example: 'sojourn sweep --db sqlite:sojourn.db',
    },
    async ({ sso, directory }) => {
      const sessions = await drain(() => sso.sessions.sweep({ limit: BATCH }))
      const tokens = await drain(() => directory.sweep(Date.now(), BATCH))
      return { text: `Removed ${sessions} dead sessions and ${tokens} expired one-time tokens.`, data: { sessions, tokens } }
    },
  )
}

async function drain(sweep: () => Promise<{ readonly removed: number; readonly more: boolean }>): Promise<number> {
  let total = 0
  for (;;) {
    const { removed, more } = await sweep()
    total += removed
    if (!more) return total
  }
}
