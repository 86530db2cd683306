// Which source files does the library have, and what does each of them import?
import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import ts from 'typescript'

/** One source file: its path below the given folder, and the specifiers it imports or re-exports, types included. */
export interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

/** Reads every `.ts` file below a folder. Paths have forward slashes. */
export function readSources(folder: string): readonly Source[] {
  return globSync('**/*.ts', { cwd: folder })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => {
      const text = readFileSync(`${folder}/${path}`, 'utf8')
      return { path, text, imports: ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName) }
    })
}

/** A relative specifier as a path below the folder; `undefined` for a package. */
export function resolveImport(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), specifier)) : undefined
}
