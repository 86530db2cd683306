// What does `sojourn/hono` export?
export type { BindingOptions } from './bindings/binding-options.ts'
export { type SessionEnv, sojournSession } from './bindings/hono.ts'
