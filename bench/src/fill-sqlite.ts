// Which process fills a SQLite file, so that whoever is measured afterwards begins as a server does, with nothing to clean up?
import { createSojourn } from 'sojourn'
import { sqliteStore } from 'sojourn/sqlite'
import { populate } from './populate.ts'

const [file = '', sessions = '0', now = '0'] = process.argv.slice(2)
await using sso = await createSojourn({ store: sqliteStore(file), sweepInterval: 0, clock: () => Number(now) })
await populate(sso, 0, Number(sessions))
