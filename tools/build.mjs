// How is every package built, in the order of their dependence?
import { spawnSync } from 'node:child_process'

for (const name of ['sojourn', 'server']) {
  const { status } = spawnSync('tsc', ['-p', `packages/${name}/tsconfig.build.json`], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
}
