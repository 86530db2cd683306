// How does a suite have a server, a proxy or a connection from before its first test until after its last?
import { afterAll, beforeAll } from 'vitest'

/**
 * Starts something before the first test of a suite and ends it, by its method of that name, after the last one: what was started later is
 * ended earlier. Tests and hooks ask for it by calling what is answered.
 */
export function throughout<K extends string, T extends { readonly [name in K]: () => unknown }>(
  start: () => T | Promise<T>,
  end: K,
): () => T {
  let running: T | undefined
  beforeAll(async () => {
    running = await start()
  })
  afterAll(async () => {
    await running?.[end]()
  })
  return () => {
    if (running === undefined) throw new Error('It is not there yet: ask in a test or a hook.')
    return running
  }
}
