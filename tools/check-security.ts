// Does every test that SECURITY.md names exist, and is every promise held by one or said to be open?
import { existsSync, readFileSync } from 'node:fs'

/** How many promises there are. */
const PROMISES = 32

/** What is wrong with the table of a SECURITY.md whose paths begin at that folder, a line each. */
export function securityFaults(text: string, folder = '.'): readonly string[] {
  const rows = text.split('\n').flatMap((line) => {
    const [, number, , heldBy] = /^\| (\d+) \| (.+) \| (.+) \|$/.exec(line) ?? []
    return number === undefined || heldBy === undefined ? [] : [{ number: Number(number), line, heldBy }]
  })
  const missing = Array.from({ length: PROMISES }, (_, at) => at + 1).filter(
    (number) => rows.filter((row) => row.number === number).length !== 1,
  )
  return [
    ...missing.map((number) => `promise ${number} does not have exactly one row`),
    ...rows.flatMap(({ number, line, heldBy }) => {
      const tests = [...heldBy.matchAll(/`([^`]+)` "([^"]+)"/g)]
      if (tests.length === 0 && !line.includes('not yet')) return [`promise ${number} names no test, and is not said to be open`]
      return tests.flatMap(([, path = '', title = '']) =>
        titleFault(folder, path, title).map((fault) => `promise ${number}: ${fault}`),
      )
    }),
  ]
}

function titleFault(folder: string, path: string, title: string): readonly string[] {
  const file = `${folder}/${path}`
  if (!existsSync(file)) return [`there is no ${path}`]
  const source = readFileSync(file, 'utf8')
  const isThere = ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote},`))
  return isThere ? [] : [`${path} has no test "${title}"`]
}

if (import.meta.main) {
  const faults = securityFaults(readFileSync('SECURITY.md', 'utf8'))
  for (const fault of faults) console.error(fault)
  process.exitCode = faults.length === 0 ? 0 : 1
}
