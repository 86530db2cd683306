// How are sessions in a SQLite file measured?
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from 'sojourn/sqlite'
import type { Grown, Weighed } from './subject.ts'

/** How long the log is before it begins anew. Unit: bytes. */
const FULL_LOG = 8000 * 4096

export const sqlite: Weighed & Grown = {
  name: 'SQLite',
  missing: 'it is part of Node',

  async open() {
    const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
    const path = join(folder, 'weighed.db')
    const run = (sql: string) => {
      using db = new DatabaseSync(path)
      db.exec(sql)
    }
    return {
      store: sqliteStore(path),
      // Most commits of a server that has been running write over a log of full length, which the disk does at half the cost of letting one grow.
      settle: async () =>
        run(`CREATE TABLE scratch (room BLOB); INSERT INTO scratch VALUES (zeroblob(${FULL_LOG})); DROP TABLE scratch;
          PRAGMA wal_checkpoint(RESTART)`),
      async room() {
        run('PRAGMA wal_checkpoint(TRUNCATE)')
        return statSync(path).size
      },
      async close() {
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}
