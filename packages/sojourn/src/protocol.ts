// What does `sojourn/protocol` export?
export * from './protocol/headers.ts'
export * from './protocol/problem.ts'
export * from './protocol/routes.ts'
export * from './protocol/shapes.ts'
export * from './protocol/values.ts'
