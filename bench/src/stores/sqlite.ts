// How are sessions in a SQLite file measured?
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from 'sojourn/sqlite'
import type { Grown, Weighed } from './subject.ts'

export const sqlite: Weighed & Grown = {
  name: 'SQLite',
  missing: 'it is part of Node',

  async open() {
    const folder = mkdtempSync(join(tmpdir(), 'sojourn-bench-'))
    const path = join(folder, 'weighed.db')
    const settle = async () => {
      const db = new DatabaseSync(path)
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      db.close()
    }
    return {
      store: sqliteStore(path),
      settle,
      async room() {
        await settle()
        return statSync(path).size
      },
      async close() {
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}
