// How is every package built, in the order of their dependence?
//
// Beside the last build, in whose place it comes when it is whole: nothing of an older one stays, and a build that fails leaves that as it was.
import { spawnSync } from 'node:child_process'
import { globSync, renameSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

/** Compiles a package, or only its declarations. */
function compile(name, ...options) {
  const args = ['-p', `packages/${name}/tsconfig.build.json`, '--outDir', fresh(name), ...options]
  const { status } = spawnSync('tsc', args, { stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) process.exit(status ?? 1)
}

function fresh(name) {
  return `packages/${name}/dist.new`
}

function replaceDist(name) {
  rmSync(`packages/${name}/dist`, { recursive: true, force: true })
  renameSync(fresh(name), `packages/${name}/dist`)
}

for (const name of ['sojourn', 'server']) rmSync(fresh(name), { recursive: true, force: true })

// The library is joined into a file an entry, and what entries share: a program that imports it reads few files (decisions/140).
compile('sojourn', '--emitDeclarationOnly')
await build({
  entryPoints: globSync('packages/sojourn/src/*.ts'),
  outdir: fresh('sojourn'),
  chunkNames: 'shared/[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
})
replaceDist('sojourn')
compile('server')
replaceDist('server')
