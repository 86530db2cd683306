// What does an example print when it is run the way its README says?
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Runs the `main.ts` of an example in a process of its own and answers the lines it printed. */
export function linesOf(example: string): readonly string[] {
  const main = fileURLToPath(new URL(`./${example}/main.ts`, import.meta.url))
  return execFileSync(process.execPath, [main], { encoding: 'utf8' }).trimEnd().split('\n')
}
