// How do the tables of a database come to be those that this version works with?
import type { DatabaseSync } from 'node:sqlite'
import { SojournError } from '../../engine/error.ts'

/** A group of tables that is versioned by itself. */
export interface SchemaPart {
  readonly name: string
  /** Version by version: the SQL that leads there from the one before. A released step is never edited. */
  readonly steps: readonly string[]
}

/**
 * Brings every part to its newest version, in one transaction that nobody else can be in at the same time.
 *
 * @throws {SojournError} `ERR_SCHEMA_OUTDATED` when a part was written by a newer version of Sojourn.
 */
export function migrate(db: DatabaseSync, prefix: string, parts: readonly SchemaPart[]): void {
  if (outdated(db, prefix, parts).length === 0) return
  db.exec('BEGIN IMMEDIATE')
  try {
    db.exec(`CREATE TABLE IF NOT EXISTS ${prefix}_schema (part TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID`)
    for (const { part, version } of outdated(db, prefix, parts)) {
      for (const step of part.steps.slice(version)) db.exec(step)
      db.prepare(`INSERT INTO ${prefix}_schema VALUES (?, ?) ON CONFLICT DO UPDATE SET version = excluded.version`).run(
        part.name,
        part.steps.length,
      )
    }
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** The parts that have steps to go, and where they stand. */
function outdated(
  db: DatabaseSync,
  prefix: string,
  parts: readonly SchemaPart[],
): readonly { part: SchemaPart; version: number }[] {
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE").get(`${prefix}_schema`)
  const rows = table === undefined ? [] : db.prepare(`SELECT part, version FROM ${prefix}_schema`).all()
  const versions = new Map(rows.map(({ part, version }) => [part, Number(version)]))
  return parts.flatMap((part) => {
    const version = versions.get(part.name) ?? 0
    if (version > part.steps.length) {
      const message = `The tables \`${prefix}_...\` (${part.name}) are of version ${version}; this Sojourn knows ${part.steps.length}.`
      throw new SojournError('ERR_SCHEMA_OUTDATED', message)
    }
    return version < part.steps.length ? [{ part, version }] : []
  })
}
