// What does `sojourn/express-session` export?
export type { SojournStoreOptions } from './bindings/express-session-records.ts'
export { SojournStore } from './bindings/express-session-store.ts'
