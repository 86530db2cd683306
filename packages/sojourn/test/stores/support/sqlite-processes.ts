// How are processes started that write to one database?
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const WRITER = fileURLToPath(new URL('./sqlite-writer.ts', import.meta.url))

/** What a writer has told before it ended. */
export interface Written {
  readonly lines: readonly string[]
  readonly errors: string
  readonly code: number | null
}

/** Runs a writer to its end; with `killAfter`, kills it with SIGKILL as soon as it has told so many lines. */
export function runWriter(parameters: readonly string[], killAfter = Number.POSITIVE_INFINITY): Promise<Written> {
  const child = spawn(process.execPath, [WRITER, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    if (lines.length >= killAfter) child.kill('SIGKILL')
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ lines, errors, code }))
  })
}

/** Runs a test with a path in a folder of its own, which is removed afterwards. */
export async function withDatabase(run: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-'))
  try {
    await run(join(folder, 'sojourn.db'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
