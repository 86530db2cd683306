// How is every package built, in the order of their dependence?
import { spawnSync } from 'node:child_process'
import { globSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

/** Compiles a package, or only its declarations. */
function compile(name, ...options) {
  const { status } = spawnSync('tsc', ['-p', `packages/${name}/tsconfig.build.json`, ...options], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
}

for (const name of ['sojourn', 'server']) rmSync(`packages/${name}/dist`, { recursive: true, force: true })

// The library is joined into a file an entry, and what entries share: a program that imports it reads few files (decisions/140).
compile('sojourn', '--emitDeclarationOnly')
await build({
  entryPoints: globSync('packages/sojourn/src/*.ts'),
  outdir: 'packages/sojourn/dist',
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
compile('server')
