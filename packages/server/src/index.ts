// What does `@sojourn/server` export?
export { createServer, type ServerOptions } from './http/app.ts'
export type { App } from './http/application.ts'
export type { LogLevel } from './log-level.ts'
