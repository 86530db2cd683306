// What does `sojourn/express` export?
export type { BindingOptions } from './bindings/binding-options.ts'
export { type Middleware, sojournSession } from './bindings/express.ts'
