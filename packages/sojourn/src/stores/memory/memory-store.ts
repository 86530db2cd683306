// What does `memoryStore()` answer?
import { refuseUnknown } from '../../engine/check.ts'
import { invalidOption } from '../../engine/error.ts'
import type { Store } from '../../sso/directory.ts'
import { memoryDirectory } from './memory-directory.ts'
import { memorySessions } from './memory-sessions.ts'

/** What a store in memory is opened with. */
export interface MemoryStoreOptions {
  /** As for every store. Nobody shares this one, so that there is nothing to tell apart. Default: `sojourn`. */
  readonly prefix?: string
}

/**
 * A store in the memory of this process, for tests and for what may be lost at a restart.
 *
 * Everything is gone when the process ends, and no other process sees it.
 *
 * @throws {SojournError} `ERR_OPTION_INVALID`
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  refuseUnknown('options', options, ['prefix'])
  if (options.prefix !== undefined && typeof options.prefix !== 'string') throw invalidOption('prefix', 'must be text')
  const sessions = memorySessions()
  return { sessions, directory: memoryDirectory(sessions) }
}
