// Where do all suites of one run find what they share: the empty databases that were made for the first of them, the ports that are given away?
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What names the folder to the processes of a run. */
const VARIABLE = 'SOJOURN_TEST_TEMPLATES'

/** The folder, which is empty at first. */
export function templates(): string {
  const folder = process.env[VARIABLE]
  if (folder === undefined) throw new Error('Vitest makes the folder: see `globalSetup`.')
  return folder
}

/** Called by vitest before the first suite; what it answers, after the last. */
export default function makeFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-templates-'))
  chmodSync(folder, 0o755) // servers run as somebody else
  process.env[VARIABLE] = folder
  return () => rmSync(folder, { recursive: true, force: true })
}
