// How is an installation examined from the command line?
import type { Command } from 'commander'
import { addCommand } from '../command-line/command.ts'
import type { Run } from '../command-line/run.ts'
import { examine } from '../doctor.ts'

const SIGNS = { ok: 'ok      ', warning: 'warning ', fault: 'FAULT   ' } as const

/** Adds `sojourn doctor`. Exits with 16 when there is a fault. */
export function addDoctor(program: Command, run: Run): void {
  addCommand(
    program,
    run,
    {
      name: 'doctor',
      summary: 'Check that everything is there and works, and say what to do where it is not.',
      example: 'sojourn doctor --json',
    },
    async ({ settings, caller }) => {
      const findings = await examine(settings, process.versions.node, caller)
      const healthy = findings.every(({ state }) => state !== 'fault')
      const text = findings
        .map(({ check, state, finding, fix }) => `${SIGNS[state]}${check}: ${finding}${fix === null ? '' : `\n        ${fix}`}`)
        .join('\n')
      return { text, data: { healthy, findings }, exitCode: healthy ? 0 : 16 }
    },
  )
}
