// How is a store copied from the command line?
import type { Command } from 'commander'
import { addCommand, addGroup, columns, type Result } from '../command-line/command.ts'
import type { Run } from '../command-line/run.ts'
import { CommandError, UsageError } from '../command-line/usage.ts'
import { type CopyResult, copyStore } from '../copy/copy.ts'
import { showProgress, silentProgress } from '../copy/progress.ts'
import { isSamePlace, openSide, type SideUrls } from '../copy/side.ts'
import type { StoreFinding } from '../stores/opened-url.ts'

const EXAMPLE = 'sojourn store copy --from sqlite:sojourn.db --to postgres://user@db.example.com/sojourn'

/** Adds `sojourn store ...`. */
export function addStore(program: Command, run: Run): void {
  const group = addGroup(program, 'store', 'Move everything to another store.', EXAMPLE)
  addCommand(
    group,
    run,
    {
      name: 'copy',
      summary:
        'Copy users, sessions and the audit trail to another store, where every token goes on working. Nothing of the source changes, and it may stay in use: run the same command again when nobody uses it any more, for what has changed meanwhile, and then start the server on the target with the same key ring.',
      example: EXAMPLE,
      database: 'own',
      options: [
        ['--from <url>', 'where everything is now: sqlite:PATH, postgres://...'],
        ['--from-sessions <url>', 'where sessions are, if elsewhere: redis://..., for example'],
        ['--to <url>', 'where everything goes; empty, or copied to before'],
        ['--to-sessions <url>', 'where sessions go, if elsewhere'],
        ['--take-used-target', 'also copy to a target that was used since it was copied to: what was done there is lost'],
      ],
    },
    async ({ options, terminal }) => {
      const from = urlsOf('from', options['from'], options['fromSessions'])
      const to = urlsOf('to', options['to'], options['toSessions'])
      const parts = {
        directory: !isSamePlace(from.db, to.db),
        sessions: !isSamePlace(from.sessions ?? from.db, to.sessions ?? to.db),
      }
      if (!parts.directory && !parts.sessions) throw new UsageError('--from and --to are the same place.')
      const interrupted = new AbortController()
      const stop = () => interrupted.abort()
      process.once('SIGINT', stop)
      const progress = options['json'] === true ? silentProgress : showProgress({ stream: terminal.stderr, clock: Date.now })
      try {
        await using source = await openSide('from', from)
        // A crash of the target's server costs nothing: the copy is begun again. Its last write waits for the disk, and with it all before.
        await using target = await openSide('to', to, { commit: 'off' })
        const warnings = await target.warnings()
        if (options['json'] !== true)
          for (const { finding, fix } of warnings) terminal.stderr.write(`warning: ${finding}. ${fix ?? ''}\n`)
        const result = await copyStore({
          from: source,
          to: target,
          parts,
          usedTarget: options['takeUsedTarget'] === true ? 'take' : 'refuse',
          clock: Date.now,
          progress,
          signal: interrupted.signal,
        })
        progress.end()
        return resultOf(result, warnings)
      } catch (error) {
        progress.end()
        if (!interrupted.signal.aborted) throw error
        throw new CommandError('Interrupted. The same command goes on from here.', { cause: error })
      } finally {
        process.off('SIGINT', stop)
      }
    },
  )
}

function urlsOf(end: 'from' | 'to', db: unknown, sessions: unknown): SideUrls {
  if (typeof db !== 'string') throw new UsageError(`Say where to copy ${end}: --${end} URL.`)
  return { db, sessions: typeof sessions === 'string' ? sessions : undefined }
}

/** What a target lost and what could not be written after all passes are failures; what has changed at the source meanwhile is not. */
function resultOf(result: CopyResult, warnings: readonly StoreFinding[]): Result {
  const { passes, kinds, sample, seconds } = result
  const stuck = Object.values(kinds).some(({ waiting }) => waiting > 0)
  const rows = Object.entries(kinds).map(([kind, { source, target, changed }]) => [
    kind,
    String(source),
    String(target),
    String(changed),
  ])
  const text = [
    columns([['', 'SOURCE', 'TARGET', 'WRITTEN'], ...rows]),
    `${passes} ${passes === 1 ? 'pass' : 'passes'} in ${seconds.toFixed(1)} s; ${sample.compared} sessions compared once more, ${sample.different} different.`,
    verdictOn(result, stuck),
  ].join('\n')
  return { text, data: { ...result, warnings }, exitCode: stuck || sample.lost > 0 ? 16 : 0 }
}

function verdictOn({ settled, sample }: CopyResult, stuck: boolean): string {
  if (stuck) return 'Some of it could not be written. Run the same command again when nobody uses the source.'
  if (sample.lost > 0)
    return `The target lost or changed data: ${sample.lost} of ${sample.compared} sessions are at the source as they were copied, and at the target are not. See that nobody else writes to it and that it evicts nothing (Redis: maxmemory-policy noeviction, and enough memory); then run the same command again.`
  if (settled) return 'Both sides are the same.'
  return 'The source has changed meanwhile. Run the same command again when nobody uses it any more, before the target is used.'
}
