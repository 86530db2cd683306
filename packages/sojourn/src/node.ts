// What does `sojourn/node` export?
export type { BindingOptions } from './bindings/binding-options.ts'
export { type RequestWithSession, sojournSession } from './bindings/node.ts'
