// Does every file of the library import only from the layers below its own, without a cycle?
import { readSources, resolveImport, type Source } from './sources.ts'

/** Folder -> the folders it may import from, besides itself. A store counts as a folder of its own. */
const LAYERS: Record<string, readonly string[]> = {
  engine: [],
  sso: ['engine'],
  web: ['engine'],
  protocol: ['engine', 'sso'],
  testing: ['engine', 'sso'],
  client: ['protocol'],
  bindings: ['engine', 'web'],
  'stores/memory': ['engine', 'sso'],
  'stores/sqlite': ['engine', 'sso'],
  'stores/postgres': ['engine', 'sso'],
  'stores/redis': ['engine', 'sso'],
}

/** Packages that a folder may import; everything else of node_modules is refused. */
const PACKAGES: Record<string, RegExp> = {
  engine: /^node:crypto$/,
  web: /^$/,
  client: /^$/,
  protocol: /^$/,
  bindings: /^(node:|express$|fastify$|hono$|hono\/|express-session$)/,
}

/** Of the SSO face, a store sees the directory contract alone. */
const DIRECTORY = 'sso/directory.ts'

function folderOf(path: string): string {
  const [first = '', second = ''] = path.split('/')
  if (!path.includes('/')) return 'entry'
  return first === 'stores' ? `stores/${second}` : first
}

function refusal(from: string, specifier: string): string | undefined {
  const folder = folderOf(from)
  if (folder === 'entry') return undefined
  const target = resolveImport(from, specifier)
  if (target === undefined) {
    const allowed = PACKAGES[folder] ?? /^node:/
    return allowed.test(specifier) ? undefined : `imports the package ${specifier}`
  }
  const targetFolder = folderOf(target)
  if (targetFolder === folder) return undefined
  if (!(LAYERS[folder] ?? []).includes(targetFolder)) return `imports ${target}, which is not below it`
  return folder.startsWith('stores/') && targetFolder === 'sso' && target !== DIRECTORY
    ? `imports ${target}; of sso a store sees ${DIRECTORY} only`
    : undefined
}

function entryRefusal(source: Source): string | undefined {
  const code = source.text.replaceAll(/\/\/.*$/gm, '').replaceAll(/\/\*[\s\S]*?\*\//g, '')
  const rest = code.replaceAll(/export\s+(type\s+)?(\*|\{[^}]*\})\s*(as \w+\s+)?from\s+'[^']+'/g, '').trim()
  return source.path.includes('/') || rest === '' ? undefined : 'is an entry and holds more than exports'
}

function cycles(sources: readonly Source[]): readonly string[] {
  const graph = new Map(
    sources.map((source) => [
      source.path,
      source.imports.map((one) => resolveImport(source.path, one)).filter((one) => one !== undefined),
    ]),
  )
  const state = new Map<string, 'open' | 'done'>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return
    if (state.get(path) === 'open') {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
      return
    }
    state.set(path, 'open')
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path])
    state.set(path, 'done')
  }
  for (const path of graph.keys()) visit(path, [])
  return found
}

/** What is wrong with the imports below a folder, a line each. */
export function importFaults(folder: string): readonly string[] {
  const sources = readSources(folder)
  return [
    ...sources.flatMap((source) =>
      source.imports
        .map((one) => refusal(source.path, one))
        .filter((fault) => fault !== undefined)
        .map((fault) => `${source.path} ${fault}`),
    ),
    ...sources
      .map((source) => [source.path, entryRefusal(source)] as const)
      .filter(([, fault]) => fault !== undefined)
      .map(([path, fault]) => `${path} ${fault}`),
    ...cycles(sources).map((cycle) => `cycle: ${cycle}`),
  ]
}

if (import.meta.main) {
  const faults = importFaults('packages/sojourn/src')
  for (const fault of faults) console.error(fault)
  process.exitCode = faults.length === 0 ? 0 : 1
}
