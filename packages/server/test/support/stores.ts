// How do tests open a store by its URL, as the server does?
import { createSojourn, type Directory, type SessionStore, type Sojourn } from 'sojourn'
import { openUrl } from '../../src/stores/openers.ts'
import { KEY } from './api.ts'

/** Cheaper than anybody should: these tests are not about hashing. */
const CHEAP = { memory: 7168, passes: 5 }

/** Both halves of a store. */
export interface OpenStore extends AsyncDisposable {
  readonly sessions: SessionStore
  readonly directory: Directory
}

/** Opens the halves that URLs lead to. */
export async function openStore(db: string, sessions?: string): Promise<OpenStore> {
  const opened = await openUrl(db)
  const others = sessions === undefined ? undefined : await openUrl(sessions)
  const { directory } = opened
  if (directory === undefined) throw new Error(`${db} keeps no users`)
  return {
    sessions: others?.sessions ?? opened.sessions,
    directory,
    async [Symbol.asyncDispose]() {
      await Promise.all([opened.sessions.close(), directory.close(), others?.sessions.close()])
      await Promise.all([opened.disconnect(), others?.disconnect()])
    },
  }
}

/** Opens Sojourn on them. */
export async function openOn(store: OpenStore): Promise<Sojourn> {
  return createSojourn({ store, keys: [KEY], passwordHashing: CHEAP, sweepInterval: 0, storeTimeout: 20 })
}
