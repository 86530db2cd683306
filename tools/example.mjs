// Which example is to run, and which are there?
import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { dirname } from 'node:path'

const [name, ...rest] = process.argv.slice(2)
if (name === undefined || !existsSync(`examples/${name}/main.ts`)) {
  console.error(
    `Name an example: ${globSync('examples/*/main.ts')
      .map((main) => dirname(main).slice('examples/'.length))
      .sort()
      .join(', ')}.`,
  )
  process.exit(2)
}
process.exitCode = spawnSync(process.execPath, [`examples/${name}/main.ts`, ...rest], { stdio: 'inherit' }).status ?? 1
