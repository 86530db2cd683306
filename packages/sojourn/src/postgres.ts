// What does `sojourn/postgres` export?
export type { CacheOptions, CacheStatus } from './engine/cache/cache-options.ts'
export type { PgClient, PgQuery, PostgresClient, PostgresJsClient } from './stores/postgres/postgres-client.ts'
export { type PostgresOptions, postgresStore } from './stores/postgres/postgres-store.ts'
