// How does PostgreSQL tell a local cache what changes?
//
// By `NOTIFY` within the transaction of the change, on a connection that does nothing but listen. Whether it really does is seen by
// an echo: a notification sent the ordinary way has to come back before the cache counts on it, and again every now and then. So a
// pooler that does not keep connections apart, or a listener on another server, never gets a cache to answer.
import { GROUPS, type InvalidationChannel, type InvalidationListener, whenAborted } from '../../engine/cache/invalidation.ts'
import { randomText } from '../../engine/random.ts'
import type { SessionId } from '../../engine/store.ts'
import type { PostgresClient, Statement } from './postgres-client.ts'
import type { Database } from './postgres-database.ts'
import { assertAbout } from './postgres-failure.ts'
import { channelName } from './postgres-invalidation-schema.ts'
import { listenThrough } from './postgres-listener.ts'
import { scopeOf } from './postgres-session-rows.ts'
import { storable } from './postgres-text.ts'

const ECHO_BYTES = 9

/** Spreads scopes over the groups (FNV-1a). */
function groupOf(scope: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < scope.length; at += 1) hash = Math.imul(hash ^ scope.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % GROUPS
}

function tell(payload: string, listener: InvalidationListener): void {
  const about = payload.slice(1)
  if (payload.startsWith('s')) listener.session(about)
  else if (payload.startsWith('cu:')) listener.group(groupOf(about))
  else listener.everything()
}

/**
 * @param echo the statement that sends its parameter back as a notification.
 * @throws {SojournError} `ERR_OPTION_INVALID` for a client that cannot listen.
 */
export function postgresInvalidation(
  client: PostgresClient,
  database: Database,
  prefix: string,
  echo: Statement,
): InvalidationChannel {
  const listen = listenThrough(client)

  return {
    groupOfSession: (_, principal) => groupOf(scopeOf(principal === null ? null : { id: principal })),
    groupOfPrincipal: (principal) => groupOf(scopeOf(principal)),

    async connect(listener, abandoned) {
      const echoes = new Map<string, () => void>()
      await database.run('read', echo, ['']) // makes the tables where they are missing
      const close = await listen(channelName(prefix), {
        notified(payload) {
          if (!payload.startsWith('?')) tell(payload, listener)
          else echoes.get(payload.slice(1))?.()
        },
        broken: listener.broken,
      })
      // An echo that never comes would keep a connection of the pool, and so would each attempt after it.
      whenAborted(abandoned, close)
      const settled = async () => {
        const text = randomText(ECHO_BYTES)
        const heard = new Promise<void>((resolve) => echoes.set(text, resolve))
        try {
          await database.run('write', echo, [text])
          await heard
        } finally {
          echoes.delete(text)
        }
      }
      try {
        await settled()
      } catch (error) {
        close()
        throw error
      }
      return { settled, close }
    },
  }
}

/** A text that changes with every change of a session, its attributes or the counters that apply to it; `undefined` where there is none. */
export function postgresFingerprint(database: Database, statement: Statement): (id: SessionId) => Promise<string | undefined> {
  return async (id) => {
    const [row] = await database.run('read', statement, [storable(id)])
    if (row === undefined) return undefined
    assertAbout(storable(id), row[0])
    return String(row[1])
  }
}
