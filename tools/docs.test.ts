// Does the code of every README and guide page compile, run, and print what the page says?
import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pageCode } from './docs-code.ts'

const FOLDER = 'docs/.programs'
const pages = ['README.md', ...globSync(['packages/*/README.md', 'docs/guide/*.md']).sort()].flatMap((page) => {
  const code = pageCode(page)
  return code === undefined ? [] : [{ page, code, file: `${FOLDER}/${page.replaceAll(/[/.]/g, '-')}.ts` }]
})

describe('the code of the documentation', () => {
  beforeAll(() => {
    mkdirSync(FOLDER, { recursive: true })
    for (const { code, file } of pages) writeFileSync(file, code.program)
    const config = { extends: '../../tsconfig.json', compilerOptions: { noEmit: true }, include: ['*.ts'] }
    writeFileSync(`${FOLDER}/tsconfig.json`, JSON.stringify(config))
  })
  afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

  test('compiles', () => {
    const { status, stdout } = run('tsc', ['-p', `${FOLDER}/tsconfig.json`])
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })

  test.each(pages)('$page prints what it says', ({ code, file }) => {
    const { stdout } = run(process.execPath, [file])
    expect(stdout).toBe(code.prints)
  })
})

function run(command: string, args: readonly string[]): { readonly status: number; readonly stdout: string } {
  try {
    return { status: 0, stdout: execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }) }
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && 'status' in error)
      return { status: Number(error.status), stdout: String(error.stdout) }
    throw error
  }
}
