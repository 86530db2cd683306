// What does `sojourn/memory` export?
export { type MemoryStoreOptions, memoryStore } from './stores/memory/memory-store.ts'
