// Which program does a page of the documentation show, and what does the page say that it prints?
import { readFileSync } from 'node:fs'

/** The code of a page: its `ts` blocks in their order are one program, its `text` blocks are what that prints. */
export interface PageCode {
  readonly program: string
  readonly prints: string
}

/** Reads the code of a page; `undefined` where it shows none. */
export function pageCode(path: string): PageCode | undefined {
  const blocks = [...readFileSync(path, 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({
    language,
    code: code ?? '',
  }))
  const of = (wanted: string) => blocks.filter(({ language }) => language === wanted).map(({ code }) => code)
  const program = of('ts').join('\n')
  return program === '' ? undefined : { program, prints: of('text').join('') }
}
