// What does one run of the command line go through and act as?
import { type Caller, newCaller } from './actor.ts'
import type { Terminal } from './terminal.ts'

/** One run. */
export interface Run {
  readonly terminal: Terminal
  readonly caller: Caller
}

/** Begins a run. */
export function newRun(terminal: Terminal): Run {
  return { terminal, caller: newCaller() }
}
