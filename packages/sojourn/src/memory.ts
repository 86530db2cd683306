// What does `sojourn/memory` export?
export { memoryStore } from './stores/memory/memory-store.ts'
