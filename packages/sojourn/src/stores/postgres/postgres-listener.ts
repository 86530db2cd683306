// How does a connection of its own hear notifications, through either client library?
import { invalidOption } from '../../engine/error.ts'
import type { PostgresClient } from './postgres-client.ts'

/** What happens on a connection that listens. */
export interface ListenerEvents {
  notified(payload: string): void
  /** Notifications may have been missed. */
  broken(cause: unknown): void
}

/** Listens to a channel; resolves, once it does, to what ends it. */
export type Listen = (channel: string, events: ListenerEvents) => Promise<() => void>

/** What is used of a connection of `pg`. */
interface PgListener {
  query(text: string): Promise<unknown>
  on(event: string, listener: (fact: unknown) => void): unknown
  release(destroy: true): void
}

interface ListeningPool {
  connect(): Promise<PgListener>
  readonly totalCount: number
}

/** What is used of `postgres` (postgres.js), which opens a connection for all channels together and keeps it open by itself. */
interface ListeningSql {
  listen(channel: string, hear: (payload: string) => void, listening: () => void): Promise<{ unlisten(): Promise<unknown> }>
}

function isPool(client: object): client is ListeningPool {
  return 'connect' in client && 'totalCount' in client
}

function isSql(client: object): client is ListeningSql {
  return 'listen' in client && typeof client.listen === 'function'
}

function throughPool(pool: ListeningPool): Listen {
  return async (channel, { notified, broken }) => {
    const own = await pool.connect()
    let isOpen = true
    const close = () => {
      if (isOpen) own.release(true)
      isOpen = false
    }
    own.on('error', broken)
    own.on('end', () => broken(new Error('The connection that listens has ended.')))
    own.on('notification', (message) => {
      if (typeof message === 'object' && message !== null && 'payload' in message) notified(String(message.payload))
    })
    try {
      await own.query(`LISTEN ${channel}`)
    } catch (error) {
      close()
      throw error
    }
    return close
  }
}

const DEAF: ListenerEvents = { notified: () => undefined, broken: () => undefined }

/**
 * postgres.js is asked once: after a lost connection it opens another and listens again, and only then tells. What follows a failed
 * attempt is its business as well, so a listener is never registered twice while the first may still come to life.
 */
function throughSql(sql: ListeningSql): Listen {
  let events = DEAF
  let listening: Promise<unknown> | undefined
  return async (channel, given) => {
    events = given
    listening ??= sql.listen(
      channel,
      (payload) => events.notified(payload),
      () => events.broken(new Error('The connection that listens was lost, and is there again.')),
    )
    try {
      await listening
    } catch (error) {
      listening = undefined
      throw error
    }
    return () => {
      if (events === given) events = DEAF
    }
  }
}

/** @throws {SojournError} `ERR_OPTION_INVALID` for a client that cannot listen. */
export function listenThrough(client: PostgresClient): Listen {
  if (isSql(client)) return throughSql(client)
  if (isPool(client)) return throughPool(client)
  throw invalidOption('cache', 'needs a client that can listen: a `Pool` of `pg`, or what `postgres(...)` answers')
}
