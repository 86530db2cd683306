// What does `sojourn/fastify` export?
export type { BindingOptions } from './bindings/binding-options.ts'
export { sojournSession } from './bindings/fastify.ts'
