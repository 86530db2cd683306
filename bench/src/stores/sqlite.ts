// How much room do sessions take in a SQLite file?
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from 'sojourn/sqlite'
import type { Weighed } from './subject.ts'

export const sqlite: Weighed = {
  name: 'SQLite',
  missing: 'it is part of Node',

  async open() {
    const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
    const path = join(folder, 'weighed.db')
    return {
      store: sqliteStore(path),
      async room() {
        const db = new DatabaseSync(path)
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
        db.close()
        return statSync(path).size
      },
      async close() {
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}
