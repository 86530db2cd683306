// Is every public entry of a package declared, present in source, built, and documented in README?
import { existsSync, globSync, readFileSync } from 'node:fs'

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
}

/** What is wrong with the exports of a package, a line each. */
export function exportFaults(folder: string): readonly string[] {
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Manifest
  const faults: string[] = []
  const declared = new Set<string>()
  for (const [path, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue
    const entry = path === '.' ? 'index' : path.slice(2)
    declared.add(entry)
    if (target.types !== `./dist/${entry}.d.ts` || target.default !== `./dist/${entry}.js`)
      faults.push(`${manifest.name}: "${path}" does not point at dist/${entry}`)
    for (const file of [`src/${entry}.ts`, `dist/${entry}.js`, `dist/${entry}.d.ts`]) {
      if (!existsSync(`${folder}/${file}`)) faults.push(`${manifest.name}: "${path}" has no ${file}`)
    }
  }
  const undeclared = globSync('*.ts', { cwd: `${folder}/src` })
    .map((file) => file.replace(/\.ts$/, ''))
    .filter((entry) => !declared.has(entry))
  return [...faults, ...undeclared.map((entry) => `${manifest.name}: src/${entry}.ts is not in "exports"`)]
}

if (import.meta.main) {
  const faults = exportFaults('packages/sojourn')
  for (const fault of faults) console.error(fault)
  process.exitCode = faults.length === 0 ? 0 : 1
}
