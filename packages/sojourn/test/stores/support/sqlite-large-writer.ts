// How does a process leave a large log behind? It writes 1,000 sessions of more than a page each to the database named by the first argument,
// prints how long the file is by then, and ends without closing it.
import { statSync } from 'node:fs'
import { sqliteStore } from '../../../src/sqlite.ts'
import { attributes, newSession } from '../../../src/testing/sessions/builders.ts'

const path = process.argv[2] ?? ''
const { sessions } = sqliteStore(path)
const large = attributes({ text: 'x'.repeat(5000) })
for (let n = 0; n < 10; n += 1) {
  await Promise.all(Array.from({ length: 100 }, () => sessions.create(newSession(null, { attributes: large }))))
}
console.log(statSync(path).size)
