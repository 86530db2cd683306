// Which live sessions does this connection remember, and do they still hold?
//
// SQLite tells a connection whether another one has committed since it was last asked (`PRAGMA data_version`); then everything is forgotten.
// What this connection writes is forgotten with the write, and counts again when that is committed. So an answer is never older than the
// file, whoever writes to it, and costs a third of reading the row.
import { NO_ATTRIBUTES, wantedAttributes } from '../../engine/attributes/apply-attributes.ts'
import type { SessionHeader, SessionId, StoredAttribute, StoredSession, Want } from '../../engine/store.ts'
import type { Millis } from '../../engine/time.ts'
import type { SqliteConnection } from './sqlite-connection.ts'

/** How much is remembered, the oldest forgotten first. Unit: characters of attributes, with what a session takes beside them. */
const MOST_CHARACTERS = 16 * 1024 * 1024
const BESIDE_ATTRIBUTES = 1024

/** A live session as its row is. */
export interface KnownSession {
  readonly number: number
  readonly header: SessionHeader
  readonly version: number
  readonly writes: number
  /** How long the text of its attributes is. */
  readonly length: number
  /** All of them, expired ones too. */
  attributes(): ReadonlyMap<string, StoredAttribute>
}

interface Entry {
  readonly session: KnownSession
  isCommitted: boolean
}

/** The sessions that are remembered. */
export interface KnownSessions {
  /** What is known of a session that is alive. */
  find(db: SqliteConnection, id: SessionId, now: Millis): KnownSession | undefined
  /** Remembers what was read outside of a transaction. */
  keep(session: KnownSession): void
  /** Notes what is being written; answers what to call when it is committed. Until then it is not found, nor is what was there before. */
  replace(session: KnownSession): () => void
  forget(id: SessionId): void
  /** For what ends or changes sessions without naming them. */
  forgetAll(): void
}

export function knownSessions(mostCharacters = MOST_CHARACTERS): KnownSessions {
  const entries = new Map<SessionId, Entry>()
  let characters = 0
  let dataVersion: unknown
  let noticedIn: number | undefined

  function forget(id: SessionId): void {
    const entry = entries.get(id)
    if (entry === undefined) return
    entries.delete(id)
    characters -= sizeOf(entry.session)
  }
  function forgetAll(): void {
    entries.clear()
    characters = 0
  }
  function put(entry: Entry): void {
    const { id } = entry.session.header
    forget(id)
    entries.set(id, entry)
    characters += sizeOf(entry.session)
    for (const oldest of entries.keys()) {
      if (characters <= mostCharacters) return
      forget(oldest)
    }
  }
  /**
   * Forgets everything when another connection has committed. Once within a transaction, since nobody else commits then; and once for reads that are
   * answered together, since all of them were asked for before.
   */
  function notice(db: SqliteConnection): void {
    const stretch = db.stretch()
    if (stretch !== undefined && stretch === noticedIn) return
    const present = db.dataVersion()
    noticedIn = stretch // not before: where the question itself fails, the next one asks it again
    if (present === dataVersion && present !== undefined) return
    dataVersion = present
    forgetAll()
  }

  return {
    find(db, id, now) {
      const entry = entries.get(id)
      if (entry?.isCommitted !== true || entry.session.header.expiresAt <= now) return undefined
      notice(db)
      return entries.get(id)?.session
    },
    keep: (session) => put({ session, isCommitted: true }),
    replace(session) {
      const entry = { session, isCommitted: false }
      put(entry)
      // Forgotten or written again meanwhile, the entry is nobody's any more.
      return () => {
        entry.isCommitted = true
      }
    },
    forget,
    forgetAll,
  }
}

function sizeOf({ length }: KnownSession): number {
  return length + BESIDE_ATTRIBUTES
}

/** What is asked for of a session at an instant. */
export function answerOf(known: KnownSession, want: Want, now: Millis): StoredSession {
  const { header, version } = known
  const attributes = want === 'header' ? NO_ATTRIBUTES : wantedAttributes(known.attributes(), want, now)
  return { ...header, version, attributes }
}
