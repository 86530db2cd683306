// What does a process do that writes to a SQLite store until it is killed, or until it has written so often?
//
// Arguments: database, principal, session id, name of its attributes, number of writes (0: until killed). Prints each write once it was acknowledged.
import { sqliteStore } from '../../../src/sqlite.ts'
import { HOUR, NOW, newSession, principal } from '../../../src/testing/sessions/builders.ts'

const [path = '', owner = '', id = '', name = '', writes = '0'] = process.argv.slice(2)
const store = sqliteStore({ path, busyTimeout: 20 }).sessions
const tell = (line: string) => process.stdout.write(`${line}\n`)

await store.create({ ...newSession(principal(owner)), id })

async function write(index: number): Promise<void> {
  const value = String(index)
  const outcome = await store.update(
    id,
    {
      attributes: [
        { name: `${name}-${index % 50}`, when: 'always', value },
        { name: `${name}-${index % 50}-twin`, when: 'always', value },
        { name: 'sum', when: 'always', add: 1 },
      ],
    },
    NOW,
  )
  if (outcome.outcome !== 'done') throw new Error(`a write ended as ${outcome.outcome}`)
  tell(`wrote ${index}`)
  if (index % 10 !== 0) return
  const other = { ...newSession(null), id: `${name}-${index}` }
  await store.create(other)
  await store.delete(other.id, NOW, NOW + HOUR)
  tell(`deleted ${other.id}`)
}

/** Writes 5 at a time, so that commits hold several. */
for (let index = 0; writes === '0' || index < Number(writes); index += 5) {
  await Promise.all([0, 1, 2, 3, 4].map((ahead) => write(index + ahead)))
}
await store.close()
