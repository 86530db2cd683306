// How is a statement asked, and its answer read as rows of columns?
import type { SQLInputValue } from 'node:sqlite'
import type { SqliteConnection } from './sqlite-connection.ts'

/** A row: its columns in the order of the statement. */
export type Row = readonly unknown[]

/** The first row of an answer. */
export function firstRow(db: SqliteConnection, sql: string, ...parameters: readonly SQLInputValue[]): Row | undefined {
  const row: unknown = db.prepare(sql).get(...parameters)
  return Array.isArray(row) ? row : undefined
}

/** All rows of an answer. */
export function allRows(db: SqliteConnection, sql: string, ...parameters: readonly SQLInputValue[]): readonly Row[] {
  const rows: readonly unknown[] = db.prepare(sql).all(...parameters)
  return rows.filter((row) => Array.isArray(row))
}

/** Writes, and answers how many rows that concerned. */
export function changedRows(db: SqliteConnection, sql: string, ...parameters: readonly SQLInputValue[]): number {
  return Number(db.prepare(sql).run(...parameters).changes)
}
