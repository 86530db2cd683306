// Which program does a page of the documentation show, what does the page say that it prints, and which set-ups does it show?
import { readFileSync } from 'node:fs'

/** The code of a page: its `ts` blocks in their order are one program, its `text` blocks are what that prints. */
export interface PageCode {
  readonly program: string
  readonly prints: string
}

/** The blocks of a page in a language. */
function blocksOf(path: string, language: string): readonly string[] {
  const blocks = readFileSync(path, 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)
  return [...blocks].filter(([, found]) => found === language).map(([, , code = '']) => code)
}

/** Reads the code of a page; `undefined` where it shows none. */
export function pageCode(path: string): PageCode | undefined {
  const program = blocksOf(path, 'ts').join('\n')
  return program === '' ? undefined : { program, prints: blocksOf(path, 'text').join('') }
}

/** The set-ups that a page shows: each `js` block is one, and stands alone. */
export function pageSetups(path: string): readonly string[] {
  return blocksOf(path, 'js')
}
