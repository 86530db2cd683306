// Which suites of the bench run, and how are their results shown?
//
//   npm run bench --prefix bench                  all suites, tables
//   npm run bench --prefix bench -- engine --json  some suites, JSON
//   npm run bench --prefix bench -- stores --quick  fewer sessions, where a suite knows how
import { printResult, type SuiteOptions, type SuiteResult } from './report.ts'

const SUITES = ['engine', 'sqlite', 'stores', 'cache', 'web', 'web-redis', 'growth', 'sweep', 'copy', 'start'] as const

const SWITCHES = ['--json', '--quick']

const wanted = process.argv.slice(2).filter((argument) => !SWITCHES.includes(argument))
const unknown = wanted.filter((name) => !SUITES.some((suite) => suite === name))
if (unknown.length > 0) {
  console.error(`No suite ${unknown.join(', ')}; there are: ${SUITES.join(', ')}.`)
  process.exit(2)
}

const results: SuiteResult[] = []
for (const suite of SUITES.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  const { run } = (await import(`./suites/${suite}.ts`)) as {
    readonly run: (options: SuiteOptions) => Promise<SuiteResult>
  }
  const result = await run({ quick: process.argv.includes('--quick') })
  results.push(result)
  if (!process.argv.includes('--json')) printResult(result)
}
if (process.argv.includes('--json')) console.log(JSON.stringify(results, null, 2))
