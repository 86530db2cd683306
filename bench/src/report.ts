// How are the results of a suite shown: as a table for people, or as JSON?
import type { Cost } from './measure.ts'

/** One target: what was to be reached, what was measured, and whether that is enough. */
export interface Verdict {
  readonly target: string
  readonly measured: string
  readonly met: boolean
}

/** How a suite is asked to run. */
export interface SuiteOptions {
  /** With fewer sessions than the targets speak of. */
  readonly quick: boolean
}

/** What a suite found. */
export interface SuiteResult {
  readonly suite: string
  readonly tables: readonly { readonly title: string; readonly costs: readonly Cost[] }[]
  readonly verdicts: readonly Verdict[]
  /** What was measured without a target, and what could not be measured here. */
  readonly notes?: readonly string[]
}

/** Prints a result for people. */
export function printResult(result: SuiteResult): void {
  console.log(`\n== ${result.suite}`)
  for (const { title, costs } of result.tables) {
    console.log(`\n${title}`)
    const width = Math.max(...costs.map((cost) => cost.name.length))
    for (const cost of costs) {
      console.log(`  ${cost.name.padEnd(width)}  ${cost.microseconds.toFixed(2).padStart(12)} us  x${cost.ratio.toFixed(2)}`)
    }
  }
  for (const note of result.notes ?? []) console.log(`\nnote   ${note}`)
  for (const { target, measured, met } of result.verdicts)
    console.log(`\n${met ? 'met   ' : 'MISSED'} ${target}\n       measured: ${measured}`)
}
