// What does `sojourn/sqlite` export?
export { type SqliteStoreOptions, sqliteStore } from './stores/sqlite/sqlite-store.ts'
