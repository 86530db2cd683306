// What does `@sojourn/server` export?
export { createServer, type ServerOptions } from './app.ts'
export type { App } from './application.ts'
export type { LogLevel } from './log-level.ts'
