// How are sessions in the memory of the process measured?
import { memoryStore } from 'sojourn/memory'
import type { Grown } from './subject.ts'

export const memory: Grown = {
  name: 'memory',
  missing: 'it is part of Sojourn',
  open: async () => ({ store: memoryStore(), settle: async () => undefined, close: async () => undefined }),
}
