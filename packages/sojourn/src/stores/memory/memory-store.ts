// What does `memoryStore()` answer?
import type { Store } from '../../sso/directory.ts'
import { memoryDirectory } from './memory-directory.ts'
import { memorySessions } from './memory-sessions.ts'

/**
 * A store in the memory of this process, for tests and for what may be lost at a restart.
 *
 * Everything is gone when the process ends, and no other process sees it.
 */
export function memoryStore(): Store {
  const sessions = memorySessions()
  return { sessions, directory: memoryDirectory(sessions) }
}
