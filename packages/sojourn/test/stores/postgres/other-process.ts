// What does the second application process of a test do? It adds to a counter, then ends the session's user, and says so.
//
// Arguments: the server's URL, the id of a session, the principal as JSON, how often to add.
import pg from 'pg'
import { postgresStore } from '../../../src/postgres.ts'
import { NOW } from '../../../src/testing/sessions/builders.ts'

const [url, id = '', principal = '', times] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString: url, max: 2 })
const { sessions } = postgresStore(pool)
process.send?.('ready')
process.once('message', async () => {
  const add = () => sessions.update(id, { attributes: [{ name: 'n', when: 'always', add: 1 }] }, NOW)
  await Promise.all(Array.from({ length: Number(times) }, add))
  process.send?.('added')
  process.once('message', async () => {
    await sessions.revoke({ principal: JSON.parse(principal) }, NOW)
    process.send?.('revoked')
    await pool.end()
    process.disconnect?.()
  })
})
