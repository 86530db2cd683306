// Do the tables of the directory hold by themselves: audit append-only, every look-up by an index?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sqliteStore } from 'sojourn/sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { directoryStatements } from '../../src/stores/sqlite/sqlite-directory-statements.ts'
import { recordOf, userOf, writeOf } from '../../src/testing/directory/directory-chapter.ts'

let folder = ''
let db: DatabaseSync

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sojourn-'))
  const path = join(folder, 'sojourn.db')
  const { directory } = sqliteStore({ path, prefix: 'own' })
  await directory.createUser(userOf('alice'), writeOf({ audit: [recordOf('cid')] }))
  await directory.close()
  db = new DatabaseSync(path)
})

afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true })
})

it('refuses to change or remove an audit record, whoever asks', () => {
  expect(() => db.exec("UPDATE own_audit SET actor = 'somebody else'")).toThrow('append-only')
  expect(() => db.exec('DELETE FROM own_audit')).toThrow('append-only')
  expect(() => db.exec('REPLACE INTO own_audit SELECT * FROM own_audit')).toThrow('append-only')
  expect(db.prepare('SELECT count(*) AS n FROM own_audit').get()).toEqual({ n: 1 })
})

it('reads and writes by an index, in the order it answers', () => {
  const byIndex = Object.entries(directoryStatements('own')).filter(([name]) => !/^(insert|write|listEffects)/.test(name))
  for (const [name, sql] of byIndex) {
    const plan = db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => String(detail))
    expect(
      plan.filter((step) => /^SCAN|TEMP B-TREE/.test(step) && !/USING (COVERING )?INDEX|LIST SUBQUERY/.test(step)),
      name,
    ).toEqual([])
    expect(plan.length, name).toBeGreaterThan(0)
  }
})
