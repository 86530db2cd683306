// What does `@sojourn/server` export?
export { type App, createServer, type ServerOptions } from './app.ts'
export type { LogLevel } from './log-level.ts'
