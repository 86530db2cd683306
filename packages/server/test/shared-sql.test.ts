// Do the connections to PostgreSQL share the work, no more of them than are allowed, and only as many as are needed?
import postgres from 'postgres'
import { expect, it } from 'vitest'
import { describePostgres, startPostgres } from '../../sojourn/test/support/postgres.ts'
import { throughout } from '../../sojourn/test/support/throughout.ts'
import { type SharedSql, sharedSql } from '../src/stores/shared-sql.ts'

describePostgres('shared connections', (program) => {
  const server = throughout(() => startPostgres(program), 'stop')

  const withShared = async (connections: number, use: (sql: SharedSql) => Promise<void>) => {
    const sql = sharedSql(() => postgres(server().url, { max: 1, fetch_types: false }), connections)
    try {
      await use(sql)
    } finally {
      await sql.end(1)
    }
  }
  const backend = async (sql: SharedSql) => Number((await sql.unsafe('SELECT pg_backend_pid()').values())[0]?.[0])

  it('are one for who waits for each answer, and all for who does not', () =>
    withShared(3, async (sql) => {
      const one = new Set<number>()
      for (let n = 0; n < 10; n += 1) one.add(await backend(sql))
      expect(one.size).toBe(1)
      expect(new Set(await Promise.all(Array.from({ length: 30 }, () => backend(sql)))).size).toBe(3)
    }))

  it('refuse a URL at once', () => {
    expect(() => sharedSql(() => postgres('postgres://h:port/d', { max: 1 }), 2)).toThrow()
  })
})
